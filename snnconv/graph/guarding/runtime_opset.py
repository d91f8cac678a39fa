"""The newest opset that the installed onnxruntime runs; onnx itself may know newer ones."""

from functools import cache

import onnx
from onnx import TensorProto, helper

KNOWN = 21
"""Every onnxruntime that is allowed here runs it, so models of an older opset cost no question."""

_IR_VERSION = 8


def newest_opset() -> int:
    """Give the newest opset that both onnx knows and the installed onnxruntime runs, `KNOWN` or newer."""
    return next((version for version in range(onnx.defs.onnx_opset_version(), KNOWN, -1) if _runs(version)), KNOWN)


@cache
def _runs(version: int) -> bool:
    """Ask onnxruntime to load a model of one node."""
    import onnxruntime  # only models of a new opset need the answer

    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy")
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "one", [x], [y])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", version)], ir_version=_IR_VERSION)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    try:
        onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    # onnxruntime's exceptions share no public base class
    except Exception:
        return False
    return True
