"""The recipe of an ONNX operator: one file from outside is read, and its operator is known."""

from tests.recipes.outside import run_with

PART = '''
    """Identities of a made-up name."""

    from snnconv.graph.reading.context import Context, OnnxNode, Read


    def read_same(node: OnnxNode, context: Context) -> Read:
        return Read(same_as=node.inputs[0])


    READERS = {"Celu": read_same}
'''

SCRIPT = """
    from pathlib import Path
    from tempfile import TemporaryDirectory

    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    from snnconv.graph.reading.reader import read

    weight = numpy_helper.from_array(np.ones((2, 3), np.float32), "w")
    nodes = [
        helper.make_node("Celu", ["x"], ["c"], name="celu"),
        helper.make_node("Flatten", ["c"], ["f"], name="flatten"),
        helper.make_node("Gemm", ["f", "w"], ["y"], name="gemm", transB=1),
    ]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, 1, 1])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 2])
    graph = helper.make_graph(nodes, "g", [x], [y], [weight])
    with TemporaryDirectory() as folder:
        path = Path(folder) / "m.onnx"
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
        print([type(node).__name__ for node in read(path).nodes])
"""


def test_an_operator_is_one_file(tmp_path) -> None:
    assert run_with(tmp_path / "ops", ("snnconv.graph.reading.ops",), PART, SCRIPT) == "['Flatten', 'Dense']\n"
