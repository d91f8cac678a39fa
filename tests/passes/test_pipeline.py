"""The list of passes, and what a failure says."""

from pathlib import Path

import pytest

from snnconv.errors import InputError, ModelError
from snnconv.graph.graph import BatchNorm, Graph
from snnconv.graph.reader import read
from snnconv.passes import PIPELINE, run
from snnconv.passes.fold_batchnorm import fold_batchnorm
from snnconv.passes.lower_batchnorm import lower_batchnorm


def refuse(graph: Graph) -> Graph:
    raise ModelError(f"{graph.name} is refused")


def fail(graph: Graph) -> Graph:
    raise ZeroDivisionError(graph.name)


def test_the_passes_are_these_in_this_order() -> None:
    assert [step.__name__ for step in PIPELINE] == ["fold_batchnorm", "lower_batchnorm"]


def test_no_batchnorm_is_left(tiny_resnet: Path, sample_model: Path) -> None:
    for path in (tiny_resnet, sample_model):
        assert not any(isinstance(node, BatchNorm) for node in run(read(path)).nodes)


def test_a_failure_names_its_pass_and_those_before(tiny_resnet: Path) -> None:
    with pytest.raises(ModelError) as caught:
        run(read(tiny_resnet), (fold_batchnorm, lower_batchnorm, refuse))
    expected = "pass refuse (passes before it: fold_batchnorm, lower_batchnorm): tiny.onnx is refused"
    assert str(caught.value) == expected
    assert isinstance(caught.value, InputError)


def test_a_failure_of_the_first_pass_says_so(tiny_resnet: Path) -> None:
    with pytest.raises(ModelError, match=r"^pass refuse \(passes before it: none\): "):
        run(read(tiny_resnet), (refuse,))


def test_a_bug_is_not_dressed_up(tiny_resnet: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        run(read(tiny_resnet), (fail,))


def test_an_empty_pipeline_changes_nothing(tiny_resnet: Path) -> None:
    graph = read(tiny_resnet)
    assert run(graph, ()) is graph
