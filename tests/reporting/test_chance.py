"""Near chance, by probabilities that were worked out by hand."""

from fractions import Fraction
from math import comb

import pytest

from snnconv.reporting.chance import at_least, near_chance, of_run, said

EXACT = 1e-12
"""Logarithms of factorials up to 300! keep twelve digits."""


@pytest.mark.parametrize(
    ("k", "n", "p", "expected"),
    [
        (0, 300, 0.001, 1.0),
        (120, 120, 0.5, 2.0**-120),
        (3, 3, 1 / 3, 1 / 27),
        # 1 − 0.9² ; 3 · 0.5² · 0.5 + 0.5³ = 4/8
        (1, 2, 0.1, 0.19),
        (2, 3, 0.5, 0.5),
        # 1 − 0.999^300 − 300 · 0.001 · 0.999^299
        (2, 300, 0.001, 1 - 0.999**300 - 0.3 * 0.999**299),
    ],
)
def test_the_tail_by_hand(k: int, n: int, p: float, expected: float) -> None:
    assert at_least(k, n, p) == pytest.approx(expected, rel=1e-10)


def test_the_tail_is_the_exact_sum() -> None:
    for n in (1, 7, 40):
        for k in range(n + 1):
            p = Fraction(3, 10)
            exact = sum(comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k, n + 1))
            assert at_least(k, n, 0.3) == pytest.approx(float(exact), rel=EXACT)


@pytest.mark.parametrize(
    ("right", "images", "classes", "near"),
    [
        # all right: of two classes guessing does so in 2^-120, of three in 3^-120
        (120, 120, 2, False),
        (120, 120, 3, False),
        # none right: one that works gets none of 300 right in (1 − 0.5005)^300
        (0, 300, 1000, True),
        # two in 300 come to one that guesses with 0.037, three with 0.0036
        (2, 300, 1000, True),
        (3, 300, 1000, False),
        # none right of few: 0.45^5 = 0.018 and 0.45^6 = 0.0083, for two classes 0.25^3 = 0.016 and 0.25^4 = 0.0039
        (0, 5, 10, False),
        (0, 6, 10, True),
        (0, 3, 2, False),
        (0, 4, 2, True),
        # guessing gets 13 or more of 64 with 0.0099, which is seldom, and 12 or more with 0.0236
        (12, 64, 10, True),
        (13, 64, 10, False),
        # coins: 32 + z · 4 heads of 64; 39 or more with 0.0517, 43 or more with 0.0041
        (32, 64, 2, True),
        (39, 64, 2, True),
        (43, 64, 2, False),
        # many images: 12 % among ten classes is no accident, and works for nobody
        (1200, 10_000, 10, True),
        (1900, 10_000, 10, True),
        (1901, 10_000, 10, False),
        # a modest classifier
        (30, 100, 100, False),
        # one class, one number, no labels: nothing to guess
        (0, 300, 1, False),
        (0, 0, 10, False),
    ],
)
def test_near_chance(right: int, images: int, classes: int, near: bool) -> None:
    assert near_chance(right, images, classes) is near


@pytest.mark.parametrize("classes", [2, 3, 10, 100, 1000])
def test_more_right_is_never_nearer_to_chance(classes: int) -> None:
    for images in (1, 6, 64, 301):
        found = [near_chance(right, images, classes) for right in range(images + 1)]
        assert found == sorted(found, reverse=True)
        assert not found[-1]


@pytest.mark.parametrize("classes", [2, 3, 10, 100])
def test_one_that_works_is_seldom_warned_of(classes: int) -> None:
    """Half the way from guessing to always right: at most once in a hundred, exactly and not sampled."""
    works = Fraction(classes + 1, 2 * classes)
    for images in (1, 5, 12, 25, 64):
        often = sum(
            comb(images, right) * works**right * (1 - works) ** (images - right)
            for right in range(images + 1)
            if near_chance(right, images, classes)
        )
        assert often < Fraction(1, 100)


def test_no_share() -> None:
    with pytest.raises(ValueError, match="no share: 4 of 3"):
        near_chance(4, 3, 10)


def test_in_words() -> None:
    assert said("the model", 0, 300, 1000) == (
        "the model is right on 0.0 % of 300 labelled images, near chance for 1,000 classes (guessing gets 0.1 %)"
    )


AGAIN = "calibrate again with the right --scale, --mean, --std, --channels and order of the classes"


@pytest.mark.parametrize(
    ("right", "model_right", "whose", "do"),
    [
        (6, 5, "the ONNX model is right on 7.8 % of 64", f": {AGAIN}"),
        (6, 60, "the spiking network is right on 9.4 % of 64", "; the ONNX model is not: snnconv diagnose says why"),
        (
            *(6, None, "the spiking network is right on 9.4 % of 64"),
            "; simulate with --reference, which says whether the ONNX model is too",
        ),
    ],
)
def test_of_a_run(right: int, model_right: int | None, whose: str, do: str) -> None:
    found = of_run(right, model_right, 64, 10)
    assert found == f"{whose} labelled images, near chance for 10 classes (guessing gets 10 %){do}"


def test_of_a_run_that_is_not_or_has_no_labels() -> None:
    assert of_run(50, 60, 64, 10) is None
    assert of_run(None, None, 64, 10) is None
