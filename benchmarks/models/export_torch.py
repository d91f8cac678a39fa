"""Export small and large PyTorch networks with random weights to ONNX files, with both of PyTorch's exporters.

Example::

    python benchmarks/models/export_torch.py zoo --only cifar_

Needs PyTorch, torchvision, timm, onnx and onnxscript; ``README.md`` beside this file names the versions.
"""

import warnings
from pathlib import Path
from typing import Any

import onnx
import torch
from cases_main import make_all, new_parser
from index_file import Entry
from torch_cases import Case, library_cases, plain_cases, resnet_cases
from torch_statistics import randomise


def export(case: Case, folder: Path, seed: int) -> Entry:
    """Build the network of a case, write it as an ONNX file into the folder, and return its index entry."""
    torch.manual_seed(seed)
    network = randomise(case.build(), case.shape, seed)
    images = torch.rand(case.batch or 2, *case.shape)
    path = folder / f"{case.name}.onnx"
    options: dict[str, Any] = dict(case.options)
    options.setdefault("output_names", ["output"])
    if case.dynamo:
        options.setdefault("external_data", False)
        if case.batch is None:
            options["dynamic_shapes"] = ({0: torch.export.Dim("batch")},)
    elif case.batch is None:
        options["dynamic_axes"] = {name: {0: "batch"} for name in ("input", *options["output_names"])}
    with warnings.catch_warnings():  # PyTorch announces the end of its older exporter
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            (images,),
            str(path),
            dynamo=case.dynamo,
            opset_version=case.opset,
            input_names=["input"],
            verbose=False,
            **options,
        )
    exporter = "dynamo exporter" if case.dynamo else "TorchScript exporter"
    version = torch.__version__.partition("+")[0]
    return Entry(
        file=path.name,
        family=case.family,
        exported_by=f"torch {version} ({exporter})",
        opset=written_opset(path),
        input=list(case.shape),
        layout="nchw",
        notes=case.notes + ("" if case.batch is None else f"; batch fixed at {case.batch}"),
    )


def written_opset(path: Path) -> int:
    """Return the default operator set's version in a file: an exporter may write another one than it was asked for."""
    model = onnx.load(path, load_external_data=False)
    return next(opset.version for opset in model.opset_import if opset.domain in ("", "ai.onnx"))


def main() -> None:
    """Export the chosen cases."""
    parser = new_parser(
        "Export PyTorch networks with random weights to ONNX files, with both of PyTorch's exporters.",
        "export_torch.py zoo --only cifar_",
    )
    parser.add_argument("--small", action="store_true", help="leave out torchvision's and timm's networks (1.2 GB)")
    options = parser.parse_args()
    make_all(options, resnet_cases() + plain_cases() + ([] if options.small else library_cases()), export)


if __name__ == "__main__":
    main()
