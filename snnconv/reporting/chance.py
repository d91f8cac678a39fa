"""Whether a classifier does hardly better than guessing: mostly wrong preprocessing, or another order of the classes.

Guessing among C classes without looking at the image is right with the probability g = 1/C. On balanced labels that
holds for any such guess, an answer that is always the same too. What is right of n images is then binomial.

A classifier is *near chance* where two things hold of k right of n:

1. It is not clearly better than guessing: guessing gets k or more right more often than once in a hundred, or k/n is
   at most twice g and at most a tenth of the way from g to 1. The second part is for many images, which tell a
   classifier of 12 % from one that guesses among ten, though neither works.
2. It is clearly worse than one that works: a classifier that is right half the way from g to 1, (1 + g)/2, would get k
   or fewer right less often than once in a hundred. So a few images say nothing, and how many are enough follows from
   the classes: none right says it from 4 images of two classes on, from 7 of a thousand; a half of two from 22 on.

Both tails are exact sums of the binomial distribution. Few right of two classes count too: labels in another order.

Labels that are not balanced make this rule silent, never loud: a network that always gives the class of nine images in
ten is right on nine in ten. The share of the commonest label is no better yardstick: where the first images of a sorted
file are all of one class it is 1, and nothing would be better than chance.
"""

from math import exp, fsum, lgamma, log, log1p

from snnconv.data.classes import decides

SELDOM = 0.01
"""What happens less often than this is taken not to be by chance."""

_TIMES, _PART = 2.0, 0.1
"""Near guessing: so many times its share, and this part of the way from there to always right, whichever is less."""

CHECK = "check --scale, --mean, --std, --channels and the order of the classes"
"""What to do about it when a model is calibrated."""


def near_chance(right: int, images: int, classes: int) -> bool:
    """Say whether a classifier does hardly better than guessing, and surely worse than one that works.

    Parameters
    ----------
    right : int
        Images that it is right on.
    images : int
        Labelled images.
    classes : int
        Below 2 there is nothing to guess.

    Raises
    ------
    ValueError
        Unless 0 ≤ right ≤ images.
    """
    if not 0 <= right <= images:
        raise ValueError(f"no share: {right} of {images}")
    if not decides(classes) or not images:
        return False
    guess = 1 / classes
    near = right <= images * min(_TIMES * guess, guess + _PART * (1 - guess))
    if not near and at_least(right, images, guess) < SELDOM:
        return False
    # k or fewer right are n − k or more wrong
    return at_least(images - right, images, 1 - (1 + guess) / 2) < SELDOM


def at_least(k: int, n: int, p: float) -> float:
    """Give the probability of k or more successes in n trials, each with the probability 0 < p < 1."""
    if k <= 0:
        return 1.0
    whole = lgamma(n + 1)
    terms = (exp(whole - lgamma(i + 1) - lgamma(n - i + 1) + i * log(p) + (n - i) * log1p(-p)) for i in range(k, n + 1))
    return min(1.0, fsum(terms))


def said(what: str, right: int, images: int, classes: int) -> str:
    """Say how near chance something is: ``the model is right on 3 of 300 labelled images, near chance for …``."""
    return (
        f"{what} is right on {100 * right / images:.1f} % of {images:,} labelled images, near chance for "
        f"{classes:,} classes (guessing gets {100 / classes:.3g} %)"
    )


def of_run(right: int | None, model_right: int | None, images: int, classes: int) -> str | None:
    """Say of a run that it is near chance, and what to do; None where it is not, or without labels.

    Parameters
    ----------
    right, model_right : int or None
        Images that the spiking network at its last step, and the ONNX model, are right on. None without labels; without
        a reference.
    images, classes : int
        As for `near_chance`.
    """
    if model_right is not None and near_chance(model_right, images, classes):
        again = "calibrate again with the right --scale, --mean, --std, --channels and order of the classes"
        return f"{said('the ONNX model', model_right, images, classes)}: {again}"
    if right is None or not near_chance(right, images, classes):
        return None
    whose = (
        "the ONNX model is not: snnconv diagnose says why"
        if model_right is not None
        else "simulate with --reference, which says whether the ONNX model is too"
    )
    return f"{said('the spiking network', right, images, classes)}; {whose}"
