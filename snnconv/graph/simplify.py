"""Constants and shape arithmetic, folded by onnxruntime's offline basic optimiser.

Its fusions into convolutions are off: BatchNorm is ours to fold (Hu et al., Eq. 1), and the names of nodes
and values stay those of the file.
"""

import tempfile
from pathlib import Path

import onnx
import onnxruntime

from snnconv.errors import ModelError
from snnconv.graph.onnx_file import OnnxFile

_FUSIONS = [
    "BatchNormalizationAddFusion",
    "ConvActivationFusion",
    "ConvAddFusion",
    "ConvBNFusion",
    "ConvMulFusion",
    "MatMulBNFusion",
    "PadFusion",
    "ReluClipFusion",
]


def simplify(file: OnnxFile) -> onnx.ModelProto:
    """Fold what does not depend on the image, and infer the shape of every value.

    A batch axis that the file leaves open is set to 1, so that shape arithmetic becomes constant.

    Raises
    ------
    ModelError
        If onnxruntime cannot run the model, or its shapes contradict each other.
    """
    model = onnx.ModelProto()
    model.CopyFrom(file.model)
    if file.batch is None:
        for value in (*model.graph.input, *model.graph.output):
            if value.name in (file.input, file.output) and value.type.tensor_type.shape.dim:
                value.type.tensor_type.shape.dim[0].dim_value = 1
        del model.graph.value_info[:]
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "simplified.onnx"
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath = str(target)
        options.log_severity_level = 4
        try:
            onnxruntime.InferenceSession(
                model.SerializeToString(),
                options,
                providers=["CPUExecutionProvider"],
                disabled_optimizers=_FUSIONS,
            )
            simplified = onnx.load(target)
            return onnx.shape_inference.infer_shapes(simplified, strict_mode=True)
        # onnxruntime's exceptions share no public base class
        except Exception as error:
            raise ModelError(f"{file.path}: onnxruntime cannot run the model: {_one_line(error)}") from error


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
