"""The list of passes, and what a failure says."""

from pathlib import Path

import numpy as np
import pytest

from snnconv.choices import MaxPooling
from snnconv.errors import InputError, ModelError
from snnconv.graph.graph import AveragePool, BatchNorm, Conv, Dense, Flatten, Graph, Relu
from snnconv.graph.reading.reader import read
from snnconv.passes import PIPELINE, pipeline, run
from snnconv.passes.fold_batchnorm import fold_batchnorm
from snnconv.passes.lower_batchnorm import lower_batchnorm
from snnconv.passes.pool_before_relu import pool_before_relu


def refuse(graph: Graph) -> Graph:
    raise ModelError(f"{graph.name} is refused")


def fail(graph: Graph) -> Graph:
    raise ZeroDivisionError(graph.name)


def test_the_passes_are_these_in_this_order() -> None:
    assert [step.__name__ for step in PIPELINE] == [
        "fold_batchnorm",
        "lower_batchnorm",
        "fold_affine",
        "fold_forward",
        "merge_relu",
    ]


def test_pooling_of_currents_moves_the_relus_at_last() -> None:
    assert pipeline(MaxPooling.GATE) == PIPELINE
    assert pipeline(MaxPooling.CURRENT) == (*PIPELINE, pool_before_relu)


def test_a_batchnorm_and_what_follows_go_into_one_convolution(tmp_path: Path, new_model, tiny_images, evaluate) -> None:
    b = new_model()
    x = b.batchnorm(b.conv("input", "conv", (4, 2, 3, 3)), "bn", 4)
    x = b.node("Mul", [x, b.constant("gain", np.full((4, 1, 1), 0.5))], "scaled")
    x = b.node("Min", [b.relu(b.batchnorm(x, "bn2", 4), "relu"), b.constant("cap", 1)], "capped")
    b.classifier(x, 4)
    graph = read(b.save(tmp_path / "m.onnx"))
    after = run(graph)
    assert [(type(node), node.output) for node in after.nodes] == [
        (Conv, "bn2"),
        (Relu, "capped"),
        (AveragePool, "pooled"),
        (Flatten, "flat"),
        (Dense, "logits"),
    ]
    expected = evaluate(graph, tiny_images)["logits"]
    # exact in real numbers; float64
    np.testing.assert_allclose(evaluate(after, tiny_images)["logits"], expected, rtol=1e-12, atol=1e-12)


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
