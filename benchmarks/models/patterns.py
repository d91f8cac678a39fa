"""Write ONNX files after the pattern of tools that cannot be installed any more, or not here, with random weights.

Example::

    python benchmarks/models/patterns.py zoo --only mxnet

Runs in the project's own environment. The files are not those tools' own: they show the same nodes, attributes,
weights and format versions.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import onnx
import patterns_early as early
import patterns_late as late
from cases_main import make_all, new_parser
from index_file import Entry
from pattern_graph import Graph

COLOUR, GREY = (3, 32, 32), (1, 28, 28)
OLD = {"weights": "input", "typed": True}  # IR version 3: every weight is a graph input


@dataclass(frozen=True)
class Pattern:
    """One file: `tool` is the pattern's origin, `graph` goes to `Graph`, `saving` to ``onnx.save_model``."""

    name: str
    family: str
    tool: str
    build: Callable[[Graph], str]
    opset: int
    ir_version: int
    notes: str
    graph: dict[str, Any] = field(default_factory=dict)
    shape: tuple[int, int, int] = COLOUR
    layout: str = "nchw"
    saving: dict[str, Any] = field(default_factory=dict)


def patterns() -> list[Pattern]:
    """Name all patterns."""
    v1, v2, plain = "resnet v1", "resnet v2", "plain cnn"
    caffe2 = {**OLD, "batch": 1, "name": "gpu_0/data_0"}
    pytorch = {"weights": "input", "name": "0"}
    nhwc: dict[str, Any] = {"layout": "nhwc"}
    files: dict[str, Any] = {"save_as_external_data": True, "size_threshold": 256}
    prefix = {"prefix": "external_many_opset17.weights_"}  # a weight's name becomes its file's name
    several: dict[str, Any] = {"graph": prefix, "saving": {**files, "all_tensors_to_one_file": False}}
    one: dict[str, Any] = {"saving": {**files, "location": "external_one_opset17.weights"}}
    constant = {"weights": "constant", "name": "x"}
    return [
        Pattern("mxnet_v1_opset7", v1, "mxnet 1.x", early.mxnet_v1, 7, 3, "spatial, weights are inputs", OLD),
        Pattern("mxnet_v1_opset8", v1, "mxnet 1.x", early.mxnet_v1, 8, 3, "spatial, raw weights", {"weights": "input"}),
        Pattern("mxnet_v2_opset8", v2, "mxnet 1.x", early.mxnet_v2, 8, 3, "BatchNorm with fixed gamma first", OLD),
        Pattern("mxnet_scalar_opset8", v1, "mxnet 1.x", early.mxnet_scalar, 8, 3, "(x - 0.5) * 4 inside", OLD),
        Pattern("caffe2_resnet_opset8", v1, "caffe2", early.caffe2_resnet, 8, 3, "Sum, Reshape, Softmax", caffe2),
        Pattern("caffe2_resnet_opset9", v1, "caffe2", early.caffe2_resnet, 9, 3, "Sum, Reshape, Softmax", caffe2),
        Pattern(
            "cntk_mnist_opset8",
            plain,
            "cntk 2.x",
            early.cntk_mnist,
            8,
            3,
            "auto_pad, Reshape of weights",
            {**OLD, "batch": 1, "name": "Input3"},
            GREY,
        ),
        Pattern("cntk_resnet_opset9", v1, "cntk 2.x", early.cntk_resnet, 9, 4, "SAME_UPPER with stride 2"),
        Pattern("pytorch04_opset7", v1, "torch 0.4", early.pytorch_early, 7, 3, "Dropout with mask, Pad", pytorch),
        Pattern(
            "pytorch10_opset9",
            v1,
            "torch 1.0",
            early.pytorch_early,
            9,
            4,
            "Dropout with mask, Pad",
            {**pytorch, "batch": 1},
        ),
        Pattern(
            "pytorch10_view_opset9",
            "mobilenet v1",
            "torch 1.0",
            early.pytorch_view,
            9,
            4,
            "Shape, Gather, Concat, Reshape; Clip",
            pytorch,
        ),
        Pattern(
            "paddle_mobilenet_opset11",
            "mobilenet v1",
            "paddle2onnx 1.x",
            late.paddle_mobilenet,
            11,
            7,
            "weights are Constant nodes, Clip, Identity",
            constant,
        ),
        Pattern(
            "paddle_resnet_opset13",
            "resnet d",
            "paddle2onnx 1.x",
            late.paddle_resnet,
            13,
            8,
            "weights are Constant nodes, Squeeze, Identity",
            constant,
        ),
        Pattern(
            "matlab_opset9",
            v1,
            "MATLAB's exporter",
            late.matlab,
            9,
            4,
            "mean of full image size, Clip",
            {"name": "input"},
        ),
        Pattern(
            "matlab_opset14",
            v1,
            "MATLAB's exporter",
            late.matlab,
            14,
            7,
            "mean of full image size, Clip",
            {"name": "input"},
        ),
        Pattern(
            "tensorflow_nhwc_opset11",
            v1,
            "tf2onnx from TFLite",
            late.tensorflow,
            11,
            6,
            "Transposes around every convolution, BatchNorm as Mul and Add",
            **nhwc,
        ),
        Pattern(
            "tensorflow_nhwc_opset18",
            v1,
            "tf2onnx from TFLite",
            late.tensorflow,
            18,
            8,
            "Transposes around every convolution, ReduceMean with axes as input",
            **nhwc,
        ),
        Pattern(
            "tensorflow_padded_opset13",
            plain,
            "tf2onnx",
            late.tensorflow_padded,
            13,
            7,
            "Pad nodes, Reshape of channels-last values",
            **nhwc,
        ),
        Pattern("reducemean_opset11", v1, "onnx", late.reduce_mean, 11, 6, "ReduceMean, negative axes"),
        Pattern("reducemean_opset18", v1, "onnx", late.reduce_mean, 18, 8, "ReduceMean, axes as input"),
        Pattern("globalpool_opset17", v1, "onnx", late.global_pool, 17, 8, "Squeeze, Dropout with inputs"),
        Pattern("globalpool_opset21", v1, "onnx", late.global_pool, 21, 10, "Squeeze, Dropout with inputs"),
        Pattern("globalpool_opset26", v1, "onnx", late.global_pool, 26, 13, "newest that onnxruntime 1.31 reads"),
        Pattern("densenet_opset13", "densenet", "onnx", late.densenet, 13, 7, "Concat"),
        Pattern("densenet_opset22", "densenet", "onnx", late.densenet, 22, 10, "Concat"),
        Pattern("inception_opset17", "inception", "onnx", late.inception, 17, 8, "Concat of branches, axis -3"),
        Pattern("external_many_opset17", v1, "onnx", late.global_pool, 17, 8, "one file a weight", **several),
        Pattern("external_one_opset17", v1, "onnx", late.global_pool, 17, 8, "all weights in one other file", **one),
    ]


def write(pattern: Pattern, folder: Path, seed: int) -> Entry:
    """Build a pattern's graph, write it into the folder, and return its index entry."""
    graph = Graph(pattern.opset, seed, **pattern.graph)
    output = pattern.build(graph)
    channels, height, width = pattern.shape
    shape = (height, width, channels) if pattern.layout == "nhwc" else pattern.shape
    model = graph.model(output, shape, (10,), pattern.ir_version)
    path = folder / f"{pattern.name}.onnx"
    for old in folder.glob(f"{pattern.name}.weights*"):  # onnx appends to a file that is there
        old.unlink()
    onnx.save_model(model, path, **pattern.saving)
    return Entry(
        file=path.name,
        family=pattern.family,
        exported_by=f"built after the pattern of {pattern.tool}",
        opset=pattern.opset,
        input=list(pattern.shape),
        layout=pattern.layout,
        notes=pattern.notes + ("" if graph.batch == "N" else f"; batch fixed at {graph.batch}"),
    )


def main() -> None:
    """Write the chosen patterns."""
    parser = new_parser(
        "Write ONNX files after the pattern of tools that are hard to install, with random weights.",
        "patterns.py zoo --only mxnet",
    )
    make_all(parser.parse_args(), patterns(), write)


if __name__ == "__main__":
    main()
