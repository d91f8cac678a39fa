"""``snnconv check`` on a model that does not convert: each node with what is wrong, each advice once."""

from pathlib import Path
from typing import Any

from snnconv.graph.reading.advice import GELU


def test_advice_is_printed_once_for_all_nodes_that_it_is_for(snnconv: Any, new_model: Any, tmp_path: Path) -> None:
    b = new_model()
    x = b.add(b.node("Erf", ["input"], "a"), b.node("Erf", ["input"], "b"), "sum")
    b.classifier(b.add(x, b.node("HardSwish", ["input"], "c"), "more"), 2)
    found = snnconv("check", b.save(tmp_path / "m.onnx"))
    assert found.code == 3
    assert found.out.splitlines()[-1] == "Erf (2), HardSwish: train with ReLU"
    assert found.out.count("train with ReLU") == 1
    table = " ".join(found.out.split())
    assert "A Erf not supported it is a part of GELU" in table
    json = snnconv("check", tmp_path / "m.onnx", "--json").json
    assert [node["how"] for node in json["nodes"] if node["op"] == "Erf"] == [GELU, GELU]


def test_the_output_of_a_model_that_converts_is_named(snnconv: Any, new_model: Any, tmp_path: Path) -> None:
    for classes, said in ((3, "3 classes"), (1, "one number: accuracy and agreement are not measured")):
        b = new_model()
        b.gemm(b.node("Flatten", [b.node("GlobalAveragePool", ["input"], "p")], "f"), "logits", 2, classes)
        assert said in " ".join(snnconv("check", b.save(tmp_path / "m.onnx")).out.split())
