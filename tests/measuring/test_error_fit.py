"""The fit of p · q^l against closed cases and a search by brute force."""

import numpy as np
import pytest

from snnconv.measuring.error_fit import fit


@pytest.mark.parametrize(("p", "q"), [(0.001168, 1.270), (0.007478, 1.059), (0.2, 0.8), (-0.01, 1.1), (3.0, 0.05)])
def test_exact_data_give_their_numbers_back(p, q) -> None:
    """The first two are those of Hu et al., Table 1."""
    depths = [1, 2, 3, 5, 6, 9, 19]
    found = fit([p * q**depth for depth in depths], depths)
    assert found.p == pytest.approx(p, rel=1e-6)
    assert found.q == pytest.approx(q, rel=1e-6)
    assert found.adjusted_r2 == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_noise_is_fitted_as_by_brute_force(seed) -> None:
    rng = np.random.default_rng(seed)
    depths = np.arange(1, 13)
    errors = 0.02 * rng.uniform(0.8, 1.3) ** depths + rng.normal(0, 0.01, 12)
    found = fit(errors, depths)
    # over both numbers at once, with no closed form: p and q near the found ones and far from them
    q = np.concatenate([np.geomspace(0.2, 3, 2000), found.q * (1 + np.linspace(-1e-3, 1e-3, 201))])
    p = np.concatenate([np.linspace(-0.2, 0.2, 401), found.p * (1 + np.linspace(-1e-2, 1e-2, 201))])
    left = np.zeros((len(p), len(q)))
    for error, depth in zip(errors, depths, strict=True):
        left += (error - p[:, None] * q[None, :] ** depth) ** 2
    of_found = float(((errors - found.p * found.q**depths) ** 2).sum())
    # the search is finer than the grid, so nothing on it is better; its nearest point is hardly worse
    assert of_found <= left.min() * (1 + 1e-12)
    assert of_found == pytest.approx(left.min(), rel=1e-6)
    r2 = 1 - of_found / float(((errors - errors.mean()) ** 2).sum())
    assert found.adjusted_r2 == pytest.approx(1 - (1 - r2) * 11 / 10, abs=1e-9)


def test_the_fit_is_on_the_error_not_on_its_logarithm() -> None:
    """A large error at the end weighs more than small ones, and an error of 0 or below is no obstacle."""
    found = fit([0.0, -0.001, 0.001, 0.4], [1, 2, 3, 4])
    assert found.p * found.q**4 == pytest.approx(0.4, rel=1e-3)


@pytest.mark.parametrize(
    ("errors", "depths", "at_bound"),
    [
        ([0.0, 0.0, 0.4], [1, 2, 3], True),
        ([0.4, 0.0, 0.0], [1, 2, 3], True),
        # layers far apart: from some q on all leave the same
        ([-0.01, 0.0, 0.4], [1, 2, 9], True),
        ([0.0, 0.0, 0.0], [1, 2, 3], False),
        ([0.01, 0.02, 0.4], [1, 2, 9], False),
        ([-0.01, -0.02, -0.05], [1, 2, 3], False),
    ],
)
def test_what_follows_no_growth_lies_at_a_bound(errors, depths, at_bound) -> None:
    found = fit(errors, depths)
    assert found.at_bound == at_bound
    if at_bound:
        assert abs(np.log(found.q)) == pytest.approx(np.log(1000), abs=0.007)


def test_two_layers_have_no_adjusted_r2() -> None:
    found = fit([0.1, 0.2], [1, 2])
    assert (found.p, found.q) == pytest.approx((0.05, 2.0), rel=1e-6)
    assert found.adjusted_r2 is None


def test_equal_errors_have_none_either() -> None:
    found = fit([0.1, 0.1, 0.1], [1, 2, 3])
    assert (found.p, found.q) == pytest.approx((0.1, 1.0), rel=1e-6)
    assert found.adjusted_r2 is None
    assert fit([0.0, 0.0, 0.0], [1, 2, 3]) == type(found)(0.0, 1.0, None)


@pytest.mark.parametrize(("errors", "depths"), [([0.1], [1]), ([0.1, 0.2], [3, 3]), ([0.1, 0.2], [1, 2, 3])])
def test_what_cannot_be_fitted(errors, depths) -> None:
    with pytest.raises(ValueError, match="2 or more layers of different depths"):
        fit(errors, depths)
