"""Products of finite numbers: whatever flags BLAS leaves, nothing is warned of; and they are made in one place."""

import ast
from pathlib import Path

import numpy as np
import pytest

from snnconv.account.bias_currents import bias_currents
from snnconv.measuring.activity import activity
from snnconv.measuring.error_fit import fit
from snnconv.product import product
from tests.runtime.test_backends import BACKENDS, STEPS, images_for

ROOT = Path(__file__).parents[1]

MULTIPLY = {"dot", "inner", "linalg", "matmul", "matvec", "multi_dot", "tensordot", "vdot", "vecdot", "vecmat"}
"""Functions and modules of NumPy that may end in BLAS; the first is a method of arrays too."""


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shapes", [((5, 7), (7, 3)), ((5, 7), (7,)), ((7,), (7,)), ((2, 5, 7), (7, 3))])
def test_flags_that_a_product_leaves_are_not_looked_at(dtype, shapes) -> None:
    """Squares of the smallest numbers are rightly 0, and leave the one flag that comes with finite results."""
    a, b = (np.full(shape, np.finfo(dtype).tiny) for shape in shapes)
    with np.errstate(all="raise"):
        found = product(a, b)
    assert not np.any(found)


@pytest.mark.parametrize("values", [(np.inf, 1.0), (np.inf, -np.inf), (np.nan, 1.0), (3e38, 3e38)])
def test_what_is_not_finite_shows_in_the_values(values) -> None:
    found = product(np.float32([values, (1.0, 2.0)]), np.ones((2, 3), np.float32))
    assert not np.isfinite(found[0]).any()
    np.testing.assert_array_equal(found[1], [3.0, 3.0, 3.0])


def test_a_product_goes_where_it_is_told_to() -> None:
    a, b = np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(3, 4)
    out = np.empty((2, 4))
    assert product(a, b, out=out) is out
    np.testing.assert_array_equal(out, (a[:, :, None] * b[None]).sum(axis=1))


class Untidy:
    """`numpy.dot` as over a BLAS that leaves all flags behind; `calls` says how often."""

    def __init__(self) -> None:
        self.calls = 0
        self._dot = np.dot

    def __call__(self, *args, **kwargs):
        result = self._dot(*args, **kwargs)
        self.calls += 1
        # NumPy now says of each flag what it is told to say of flags: nothing, a warning, or an error
        np.subtract(np.inf, np.inf)
        np.divide(1.0, 0.0)
        np.multiply(1e300, 1e300)
        return result


@pytest.fixture
def untidy(monkeypatch) -> Untidy:
    made = Untidy()
    monkeypatch.setattr(np, "dot", made)
    return made


def test_an_untidy_product_is_warned_of(untidy) -> None:
    """Else the tests below would show nothing."""
    with pytest.warns(RuntimeWarning) as warned:
        np.dot(np.ones(3), np.ones(3))
    said = {str(one.message).split(" encountered")[0] for one in warned}
    assert said == {
        "invalid value",
        "divide by zero",
        "overflow",
    }


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("seed", range(3))
def test_a_simulation_says_nothing_of_flags(backend, seed, random_network, untidy) -> None:
    network = random_network(seed)
    images = images_for(network, 3, seed)
    found = backend(2, 5).simulate(network, images, STEPS)
    assert found.spikes.sum() > 0
    assert untidy.calls > 0
    assert list(activity(network, images, STEPS, backend=backend(2, 5)))


def test_a_diagnosis_says_nothing_of_flags(random_network, untidy) -> None:
    bias_currents(random_network(1))
    assert fit([0.1, 0.2, 0.3], [1, 2, 3]).at_bound is False
    assert untidy.calls > 0


def _multiplies(tree: ast.AST) -> list[int]:
    """Give the lines of a module that may multiply with BLAS. Without `optimize` einsum does not."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.MatMult):
            found.append(node.lineno)
        elif isinstance(node, ast.Attribute) and node.attr in MULTIPLY:
            if node.attr == "dot" or (isinstance(node.value, ast.Name) and node.value.id in ("np", "numpy")):
                found.append(node.lineno)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "numpy":
            found += [node.lineno for name in node.names if name.name in MULTIPLY]
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "einsum":
            found += [node.lineno for keyword in node.keywords if keyword.arg in (None, "optimize")]
    return found


@pytest.mark.parametrize(
    "line",
    [
        "a @ b",
        "a @= b",
        "np.dot(a, b)",
        "a.dot(b)",
        "np.linalg.norm(a)",
        "np.einsum('ij,jk', a, b, optimize=True)",
        "from numpy import tensordot",
        "f = np.matmul",
        "from numpy.linalg import multi_dot",
    ],
)
def test_products_are_found(line) -> None:
    assert _multiplies(ast.parse(line)) == [1]


@pytest.mark.parametrize("line", ["@decorated\ndef f(): ...", "a * b", "np.einsum('ij,jk', a, b)", "product(a, b)"])
def test_other_lines_are_no_products(line) -> None:
    assert _multiplies(ast.parse(line)) == []


@pytest.mark.parametrize("folder", ["snnconv", "tests", "benchmarks", "sample_models"])
def test_all_products_are_made_in_one_place(folder) -> None:
    """By chance alone another would warn, or fail a test."""
    allowed = {ROOT / "snnconv" / "product.py", Path(__file__)}
    found = []
    modules = [path for path in sorted((ROOT / folder).rglob("*.py")) if path not in allowed]
    assert modules
    for path in modules:
        found += [f"{path.relative_to(ROOT)}:{line}" for line in _multiplies(ast.parse(path.read_text()))]
    assert found == []
