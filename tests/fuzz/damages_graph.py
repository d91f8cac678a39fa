"""Damages to nodes, names, inputs, versions and functions."""

import onnx
from onnx import TensorProto, helper

from tests.fuzz.case import ODD, Case, Rng, pick

_TYPES = tuple(TensorProto.DataType.values())


def drop_node(case: Case, rng: Rng) -> None:
    del case.graph.node[int(rng.integers(len(case.graph.node)))]


def swap_nodes(case: Case, rng: Rng) -> None:
    a, b = (int(n) for n in rng.integers(len(case.graph.node), size=2))
    nodes = list(case.graph.node)
    nodes[a], nodes[b] = nodes[b], nodes[a]
    copies = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]
    del case.graph.node[:]
    case.graph.node.extend(copies)


def rewire(case: Case, rng: Rng) -> None:
    """Let a node read any other value: cycles, other shapes, weights as images."""
    node = pick(rng, case.graph.node)
    names = [name for other in case.graph.node for name in (*other.input, *other.output)]
    if node.input:
        node.input[int(rng.integers(len(node.input)))] = pick(rng, [*names, "nobody", "", "input"])


def drop_input(case: Case, rng: Rng) -> None:
    node = pick(rng, case.graph.node)
    if node.input:
        del node.input[int(rng.integers(len(node.input)))]


def add_input(case: Case, rng: Rng) -> None:
    node = pick(rng, case.graph.node)
    node.input.extend([pick(rng, [t.name for t in case.graph.initializer] or [""])] * int(rng.integers(1, 5)))


def rename_output(case: Case, rng: Rng) -> None:
    node = pick(rng, case.graph.node)
    other = pick(rng, case.graph.node).output[0]
    node.output[0] = pick(rng, ["", other, "x" * 5000, "a\nb", "\u202e", "input", "logits", "../x"])


def change_operator(case: Case, rng: Rng) -> None:
    names = ("", "Relu", "Conv", "Gemm", "Loop", "NonZero", "Einsum", "Resize", "TopK", "Split", "Nothing", "Identity")
    more = ("LSTM", "Where", "Reshape", "Transpose", "Concat", "Flatten", "MaxPool", "Softmax", "Unsqueeze", "Squeeze")
    pick(rng, case.graph.node).op_type = pick(rng, names + more)


def change_domain(case: Case, rng: Rng) -> None:
    node = pick(rng, case.graph.node)
    node.domain = pick(rng, ["mine", "com.microsoft", "ai.onnx", "ai.onnx.ml", "ai.onnx.training"])
    case.model.opset_import.append(helper.make_opsetid(node.domain, 1))


def change_outputs(case: Case, rng: Rng) -> None:
    names = [name for node in case.graph.node for name in node.output]
    chosen = [pick(rng, [*names, "input", "nobody", ""]) for _ in range(int(rng.integers(3)))]
    del case.graph.output[:]
    case.graph.output.extend(helper.make_tensor_value_info(name, TensorProto.FLOAT, [None] * 2) for name in chosen)


def nest(case: Case, rng: Rng) -> None:
    """Put graphs into graphs."""
    inner = case.graph
    for level in range(int(pick(rng, [1, 3, 9, 20, 40, 200]))):
        body = helper.make_graph([helper.make_node("Identity", ["input"], [f"in{level}"])], "g", [], [])
        body.output.append(helper.make_tensor_value_info(f"in{level}", TensorProto.FLOAT, None))
        inner.node.append(helper.make_node("If", ["input"], [f"out{level}"], then_branch=body, else_branch=body))
        inner = inner.node[-1].attribute[0].g


def many_nodes(case: Case, rng: Rng) -> None:
    count = int(pick(rng, [1000, 120_000]))
    case.edits.append(lambda data: data + bytearray(b"\x3a\x04\x0a\x02\x0a\x00" * count))


def odd_input(case: Case, rng: Rng) -> None:
    tensor = case.graph.input[0].type.tensor_type
    if rng.random() < 0.4:
        tensor.elem_type = int(pick(rng, (*_TYPES, 99, -1)))
    dims = tensor.shape.dim
    for dim in dims:
        if rng.random() < 0.3:
            dim.dim_value = pick(rng, ODD)


def more_inputs(case: Case, rng: Rng) -> None:
    case.graph.input.append(pick(rng, case.graph.input))


def odd_versions(case: Case, rng: Rng) -> None:
    opset = pick(rng, case.model.opset_import)
    if rng.random() < 0.5:
        opset.version = pick(rng, [*range(30), 999, -1, 2**62])
    elif rng.random() < 0.5:
        case.model.ir_version = pick(rng, [0, 1, 2, 3, 4, 10, 14, 15, 99, -1])
    else:
        case.model.opset_import.append(opset)


def odd_functions(case: Case, rng: Rng) -> None:
    """Let functions call themselves, each other a thousand times, or be there twice."""
    functions = case.model.functions
    if not functions:
        return
    calls = helper.make_node("Layer", ["x", "x"], ["z"], domain="mine")
    choice = int(rng.integers(4))
    if choice == 0:
        functions[1].node.append(calls)
    elif choice == 1:
        functions.append(functions[0])
    elif choice == 2:
        functions[int(rng.integers(2))].domain = ""
    else:
        own = [helper.make_opsetid("", 17), helper.make_opsetid("mine", 1)]
        inner = "Act"
        for level in range(30):
            twice = [
                helper.make_node(inner, ["x"], ["a"], domain="mine"),
                helper.make_node(inner, ["a"], ["y"], domain="mine"),
            ]
            inner = f"F{level}"
            functions.append(helper.make_function("mine", inner, ["x"], ["y"], twice, own))
        case.graph.node.append(helper.make_node(inner, ["logits"], ["more"], domain="mine"))
