"""What a damaged or hostile model breaks is said in Python, before native code sees it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from snnconv.errors import ModelError
from snnconv.graph.guarding import onnx_file, runtime_opset, wire
from snnconv.graph.guarding.onnx_file import load
from snnconv.graph.guarding.structure import opset as opset_of
from snnconv.graph.reading.reader import read
from snnconv.graph.running.reference import ReferenceModel
from tests.fuzz.models import KINDS, functions, residual

Damage = Callable[[onnx.ModelProto], Any]


@pytest.fixture
def refusal(tmp_path: Path, monkeypatch) -> Callable[..., str]:
    """Give a function that damages a residual network and gives what `load` says, without the file's name."""

    def no_checker(model: object) -> None:
        raise AssertionError("onnx's checker sees a damaged model")

    def say(damage: Damage, model: onnx.ModelProto | None = None, **limits: int) -> str:
        model = model or residual(0)
        damage(model)
        path = tmp_path / "m.onnx"
        path.write_bytes(model.SerializeToString())
        monkeypatch.setattr(onnx.checker, "check_model", no_checker)
        with pytest.raises(ModelError) as caught:
            load(path, **limits)
        message = str(caught.value)
        assert len(message.splitlines()) == 1
        assert message.startswith(str(path))
        return message.removeprefix(str(path))

    return say


def node(model: onnx.ModelProto, output: str) -> onnx.NodeProto:
    return next(n for n in model.graph.node if output in n.output)


def tensor(model: onnx.ModelProto, name: str) -> TensorProto:
    return next(t for t in model.graph.initializer if t.name == name)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_sound_models_of_every_kind_are_loaded(tmp_path: Path, kind) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(kind(0).SerializeToString())
    file = load(path)
    assert (file.input, file.outputs, file.input_shape) == ("input", ("logits",), (2, 8, 8))
    assert len(file.model.graph.input) == 1
    assert not file.model.functions


# nodes


def test_a_missing_value_is_named(refusal) -> None:
    found = refusal(lambda m: node(m, "conv2").input.__setitem__(0, "nobody"))
    assert found == ": node CONV2 (Conv) reads nobody, which nothing makes; export the model again"


def test_a_cycle_is_named(refusal) -> None:
    found = refusal(lambda m: node(m, "conv2").input.__setitem__(0, "relu3"))
    assert found.startswith(" has nodes that form a cycle: ")
    assert "ADD1" in found


def test_nodes_out_of_order_are_named(refusal) -> None:
    def damage(model: onnx.ModelProto) -> None:
        first = onnx.NodeProto.FromString(model.graph.node[0].SerializeToString())
        del model.graph.node[0]
        model.graph.node.append(first)

    expected = ": node BN1 (BatchNormalization) reads conv1, which node CONV1 makes only later; sort the nodes"
    assert refusal(damage).startswith(expected)


def test_a_value_made_twice_is_named(refusal) -> None:
    found = refusal(lambda m: node(m, "relu2").output.__setitem__(0, "relu1"))
    assert found == ": node RELU2 (Relu) makes relu1, which is there already; export the model again"


def test_a_node_without_operator_is_named(refusal) -> None:
    found = refusal(lambda m: setattr(node(m, "relu2"), "op_type", ""))
    assert found == ": node RELU2 has no operator; export the model again"


def test_a_node_that_makes_nothing_is_named(refusal) -> None:
    found = refusal(lambda m: node(m, "relu2").output.__setitem__(0, ""))
    assert found == ": node RELU2 (Relu) makes nothing; export the model again"


def test_an_output_that_nothing_makes_is_named(refusal) -> None:
    found = refusal(lambda m: setattr(m.graph.output[0], "name", "nobody"))
    assert found == " has the output nobody, which no node makes; export it again"


def test_no_output_is_refused(refusal) -> None:
    assert refusal(lambda m: m.graph.output.pop()) == " has no outputs, at least one is expected; export it again"


def test_too_many_nodes_are_refused(refusal, monkeypatch) -> None:
    monkeypatch.setattr("snnconv.graph.guarding.structure.MAX_NODES", 30)
    assert refusal(lambda m: None) == " has more than 30 nodes; it is damaged, or no network"


@pytest.mark.parametrize(("levels", "why"), [(9, "has graphs nested more than 8"), (30, "has messages nested more")])
def test_deeply_nested_graphs_are_refused(refusal, levels: int, why: str) -> None:
    def damage(model: onnx.ModelProto) -> None:
        inner = model.graph
        for level in range(levels):
            body = helper.make_graph([helper.make_node("Identity", ["input"], [f"in{level}"])], "g", [], [])
            body.output.append(helper.make_tensor_value_info(f"in{level}", TensorProto.FLOAT, None))
            inner.node.append(helper.make_node("If", ["input"], [f"out{level}"], then_branch=body))
            inner = inner.node[-1].attribute[0].g

    assert f" {why}" in refusal(damage)


# names


@pytest.mark.parametrize(
    ("name", "why"),
    [
        (b"\xff\xfe", " has a text that is not valid UTF-8 (output '\ufffd\ufffd')"),
        (b"a\nb", " has a name with control characters (output 'a\\nb')"),
        (b"x" * 4097, " has a name of 4097 bytes (output"),
    ],
)
def test_a_name_that_is_no_plain_text_is_refused(tmp_path: Path, name: bytes, why: str) -> None:
    inner = b"\x0a\x05input\x12" + wire_length(name) + name + b"\x22\x04Relu"
    graph = b"\x0a" + wire_length(inner) + inner
    path = tmp_path / "m.onnx"
    path.write_bytes(b"\x3a" + wire_length(graph) + graph)
    with pytest.raises(ModelError) as caught:
        load(path)
    assert why in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def wire_length(data: bytes) -> bytes:
    low, high = len(data) & 0x7F, len(data) >> 7
    return bytes([low | 0x80, high]) if high else bytes([low])


def test_text_of_several_lines_may_describe(tmp_path: Path) -> None:
    model = residual(0)
    model.graph.node[0].doc_string = "a trace\nof several lines" * 1000
    path = tmp_path / "m.onnx"
    path.write_bytes(model.SerializeToString())
    assert load(path).input == "input"


def test_a_file_of_many_small_messages_is_refused_before_it_is_parsed(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(wire, "MAX_FIELDS", 1000)
    monkeypatch.setattr(onnx_file, "_parsed", lambda data: pytest.fail("protobuf parses it"))
    path = tmp_path / "m.onnx"
    # 500 graphs with an empty node each
    path.write_bytes(b"\x3a\x02\x0a\x00" * 500 + b"\x3a\x00")
    with pytest.raises(ModelError, match="has more than 1000 fields; it is damaged, or no network"):
        load(path)


# tensors


@pytest.mark.parametrize(
    ("dims", "why"),
    [
        ([4, 2, 3, 4], "has shape 4×2×3×4 and needs 384 bytes, 288 found"),
        ([4, -2, 3, 3], "has shape 4×-2×3×3; at most 32 sizes of 0 or more are read"),
        ([2**62, 2**62], "takes 85070591730234615865843651857942052864 bytes, at most 8589934592 are allowed"),
        ([1] * 33, "at most 32 sizes of 0 or more are read"),
    ],
)
def test_a_shape_that_does_not_fit_its_numbers_is_named(refusal, dims: list[int], why: str) -> None:
    def damage(model: onnx.ModelProto) -> None:
        del tensor(model, "conv1.weight").dims[:]
        tensor(model, "conv1.weight").dims.extend(dims)

    found = refusal(damage)
    assert found.startswith(": the tensor conv1.weight has shape ")
    assert why in found


@pytest.mark.parametrize(
    ("kind", "why"),
    [(0, "has type UNDEFINED"), (99, "has type number 99"), (TensorProto.DOUBLE, "needs 576 bytes, 288 found")],
)
def test_a_tensor_of_another_type_is_named(refusal, kind: int, why: str) -> None:
    found = refusal(lambda m: setattr(tensor(m, "conv1.weight"), "data_type", kind))
    assert why in found


def test_numbers_in_two_fields_are_refused(refusal) -> None:
    found = refusal(lambda m: tensor(m, "conv1.weight").float_data.append(1))
    assert found.startswith(": the tensor conv1.weight holds its numbers both as raw_data and in other fields")


def test_too_few_numbers_in_a_typed_field_are_counted(refusal) -> None:
    def damage(model: onnx.ModelProto) -> None:
        weight = tensor(model, "conv1.weight")
        weight.float_data.extend(numpy_helper.to_array(weight).reshape(-1)[1:].tolist())
        weight.ClearField("raw_data")

    assert "needs 72 float_data, 71 found" in refusal(damage)


def test_a_constant_nodes_tensor_is_checked(refusal) -> None:
    def damage(model: onnx.ModelProto) -> None:
        value = numpy_helper.from_array(np.zeros(3, np.float32), "t")
        value.dims[0] = 4
        model.graph.node.insert(0, helper.make_node("Constant", [], ["c"], name="C", value=value))

    assert refusal(damage).startswith(": the tensor in value of node C has shape 4 and needs 16 bytes, 12 found")


def test_a_tensor_that_is_there_twice_is_named(refusal) -> None:
    found = refusal(lambda m: m.graph.initializer.append(m.graph.initializer[0]))
    assert found == f" has the tensor {residual(0).graph.initializer[0].name} 2 times; export it again"


def test_a_sparse_tensor_is_named(refusal) -> None:
    def damage(model: onnx.ModelProto) -> None:
        values = numpy_helper.from_array(np.ones(1, np.float32), "thin")
        model.graph.sparse_initializer.append(
            helper.make_sparse_tensor(values, numpy_helper.from_array(np.zeros(1, np.int64), "i"), [9])
        )

    assert refusal(damage) == " keeps the tensor thin sparse, which is not read; export it dense"


def test_all_tensors_together_stay_within_the_limit(refusal) -> None:
    whole = sum(len(t.raw_data) for t in residual(0).graph.initializer)
    size = residual(0).ByteSize()

    def fill(model: onnx.ModelProto) -> None:
        # strings and small typed numbers take less in the file than in memory
        zeros = helper.make_tensor("zeros", TensorProto.DOUBLE, [1], [0.0])
        zeros.ClearField("double_data")
        zeros.data_type = TensorProto.INT64
        zeros.dims[0] = size
        zeros.int64_data.extend([0] * size)
        model.graph.initializer.append(zeros)

    limit = whole + 8 * size - 1
    assert f" holds tensors of more than {limit} bytes" in refusal(fill, memory_limit=limit)


# attributes


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("strides", [0, 1], "holds 0, numbers from 1 to 2147483647 are expected"),
        ("strides", [-1, 1], "holds -1, numbers from 1"),
        ("dilations", [1, 2**31], "holds 2147483648, numbers from 1"),
        ("kernel_shape", [0, 0], "holds 0, numbers from 1"),
        ("group", 0, "holds 0, numbers from 1"),
        ("pads", [-(2**63), 0, 0, 0], "holds -9223372036854775808, at most ±2147483647 is expected"),
        ("group", 1.0, "has type FLOAT, INT is expected"),
        ("strides", 2, "has type INT, INTS is expected"),
        ("pads", [1] * 65, "has 65 entries, at most 64 are read"),
        ("auto_pad", b"\xff", "is not valid UTF-8 text"),
        ("auto_pad", "x" * 513, "has a text of 513 bytes, at most 512 are read"),
    ],
)
def test_an_attribute_that_native_code_trusts_is_checked(refusal, name: str, value: Any, why: str) -> None:
    def damage(model: onnx.ModelProto) -> None:
        conv = node(model, "conv1")
        kept = [onnx.AttributeProto.FromString(a.SerializeToString()) for a in conv.attribute if a.name != name]
        del conv.attribute[:]
        conv.attribute.extend([*kept, helper.make_attribute(name, value)])

    found = refusal(damage)
    assert found.startswith(f": the attribute {name} of node CONV1 (Conv) ")
    assert why in found


def test_an_attribute_given_twice_is_named(refusal) -> None:
    found = refusal(lambda m: node(m, "conv1").attribute.append(node(m, "conv1").attribute[0]))
    assert found == ": the attribute kernel_shape of node CONV1 (Conv) is given twice; export it again"


def test_an_attribute_that_holds_another_field_is_named(refusal) -> None:
    def damage(model: onnx.ModelProto) -> None:
        node(model, "conv1").attribute[0].f = 1.0

    assert "has type INTS and holds f, ints, ints is expected" in refusal(damage)


# versions


@pytest.fixture
def older_onnxruntime(monkeypatch) -> Iterator[int]:
    """Have onnxruntime refuse what is newer than an opset, as it refuses what is newer than its own newest."""
    newest = runtime_opset.KNOWN + 1
    session = onnxruntime.InferenceSession

    def refusing(data: bytes, *rest: Any, **named: Any) -> Any:
        if onnx.load_from_string(data).opset_import[0].version > newest:
            raise RuntimeError("opset is under development")
        return session(data, *rest, **named)

    monkeypatch.setattr(onnxruntime, "InferenceSession", refusing)
    runtime_opset._runs.cache_clear()
    yield newest
    runtime_opset._runs.cache_clear()


def test_an_opset_that_onnxruntime_does_not_run_is_named(refusal, older_onnxruntime: int) -> None:
    opset = older_onnxruntime + 1
    found = refusal(lambda m: setattr(m.opset_import[0], "version", opset))
    assert found.startswith(
        f": the model has opset {opset}, the installed onnxruntime runs {older_onnxruntime} at most; export it with"
    )


def test_the_newest_opset_that_onnxruntime_runs_is_loaded(tmp_path: Path, tiny_images) -> None:
    newest = runtime_opset.newest_opset()
    assert runtime_opset.KNOWN <= newest <= onnx.defs.onnx_opset_version()
    model = residual(0)
    model.opset_import[0].version = newest
    path = tmp_path / "m.onnx"
    path.write_bytes(model.SerializeToString())
    assert opset_of(load(path).model) == newest
    assert ReferenceModel(path).run(tiny_images[:4])[0].shape == (4, 5)


def test_an_old_opset_asks_onnxruntime_nothing(tmp_path: Path, monkeypatch) -> None:
    def asked(version: int) -> bool:
        raise AssertionError(f"onnxruntime is asked for opset {version}")

    monkeypatch.setattr(runtime_opset, "_runs", asked)
    model = residual(0)
    model.opset_import[0].version = runtime_opset.KNOWN
    path = tmp_path / "m.onnx"
    path.write_bytes(model.SerializeToString())
    load(path)


def test_a_split_into_any_number_of_parts_is_named(refusal) -> None:
    """onnx's shape inference would make a list of them."""

    def damage(model: onnx.ModelProto) -> None:
        model.opset_import[0].version = 18
        model.graph.node.append(helper.make_node("Split", ["input"], ["a", "b"], name="PARTS", num_outputs=2**40))

    expected = f": node PARTS (Split) makes 2 parts, and its num_outputs is {2**40}; export the model again"
    assert refusal(damage) == expected


@pytest.mark.parametrize("opset", [0, 6, 999])
def test_an_opset_out_of_range_is_named(refusal, opset: int) -> None:
    found = refusal(lambda m: setattr(m.opset_import[0], "version", opset))
    newest = onnx.defs.onnx_opset_version()
    assert found.startswith(f": the model has opset {opset}, 7 to {newest} are read; export it with opset 17")


@pytest.mark.parametrize(("domains", "count"), [((), 0), (("", ""), 2), (("", "ai.onnx"), 2)])
def test_there_is_one_opset(refusal, domains: tuple[str, ...], count: int) -> None:
    def damage(model: onnx.ModelProto) -> None:
        del model.opset_import[:]
        model.opset_import.extend(helper.make_opsetid(domain, 17) for domain in domains)

    assert refusal(damage).startswith(f" names {count} opsets of ONNX's own, exactly one is expected")


@pytest.mark.parametrize("version", [0, 2, 99])
def test_an_unknown_ir_version_is_named(refusal, version: int) -> None:
    assert refusal(lambda m: setattr(m, "ir_version", version)).startswith(f" has IR version {version}, 3 to ")


# functions


def test_functions_are_written_out(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(functions(0).SerializeToString())
    assert [n.op_type for n in load(path).model.graph.node] == ["Conv", "Relu", "GlobalAveragePool", "Flatten", "Gemm"]
    assert read(path).class_count == 5


@pytest.mark.parametrize("output", ["y", "c"])
def test_a_function_that_calls_itself_is_named(refusal, output: str) -> None:
    def damage(model: onnx.ModelProto) -> None:
        # directly from Layer, or from Act, which Layer calls
        inner = helper.make_node("Layer", ["x", "x"], ["again"], domain="mine")
        model.functions[0 if output == "c" else 1].node.append(inner)

    assert refusal(damage, functions(0)) == " has the function Layer, which calls itself; export it without functions"


def test_functions_that_grow_exponentially_are_counted_first(refusal, monkeypatch) -> None:
    monkeypatch.setattr("onnx.inliner.inline_local_functions", lambda model: pytest.fail("it is written out"))

    def damage(model: onnx.ModelProto) -> None:
        own = [helper.make_opsetid("", 17), helper.make_opsetid("mine", 1)]
        inner = "Act"
        for level in range(40):
            twice = [helper.make_node(inner, [a], [b], domain="mine") for a, b in (("x", "h"), ("h", "y"))]
            inner = f"F{level}"
            model.functions.append(helper.make_function("mine", inner, ["x"], ["y"], twice, own))
        model.graph.node.append(helper.make_node(inner, ["logits"], ["more"], domain="mine"))

    # 2 to the 40 calls of Act, and the five other nodes
    assert f" would have {2**40 + 5} nodes of " in refusal(damage, functions(0))


def test_a_function_in_the_domain_of_onnx_is_refused(refusal) -> None:
    found = refusal(lambda m: setattr(m.functions[1], "domain", ""), functions(0))
    assert found == " has a function Act in ONNX's own domain, which is not read; rename it"


# the image


def test_images_too_large_for_the_limit_are_refused(refusal) -> None:
    def damage(model: onnx.ModelProto) -> None:
        model.graph.input[0].type.tensor_type.shape.dim[2].dim_value = 2**40

    assert "input input has shape 2×1099511627776×8 in batches of 1, which takes 70368744177664 bytes" in refusal(
        damage
    )
