"""An ONNX file as bytes and as a checked protobuf message with one input and one output."""

from dataclasses import dataclass
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError

from snnconv.errors import FileMissingError, ModelError
from snnconv.files.hashing import sha256_of_file
from snnconv.files.paths import is_folder

_MAX_BYTES = 2**31 - 1  # protobuf's own limit


@dataclass(frozen=True)
class OnnxFile:
    """A model file that onnx itself finds valid.

    Attributes
    ----------
    path : Path
    sha256 : str
    model : onnx.ModelProto
    input, output : str
        Names of the one input and the one output.
    input_shape : tuple of int
        Shape of one image, (C, H, W).
    batch : int or None
        The batch size that the file fixes, None where it leaves it open.
    """

    path: Path
    sha256: str
    model: onnx.ModelProto
    input: str
    output: str
    input_shape: tuple[int, ...]
    batch: int | None


def load(path: Path) -> OnnxFile:
    """Read and check an ONNX file.

    Raises
    ------
    FileMissingError
        If there is no such file.
    ModelError
        If it is no ONNX model, is truncated, or has other than one image input and one output.
    """
    model = _parse(path)
    try:
        onnx.checker.check_model(model)
    # the checker's own text cannot be decoded where it quotes a name that is no UTF-8
    except (onnx.checker.ValidationError, UnicodeDecodeError) as error:
        raise ModelError(f"{path} is not a valid ONNX model: {_first_line(error)}") from error
    weights = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in weights]
    outputs = list(model.graph.output)
    for kind, values in (("input", inputs), ("output", outputs)):
        if len(values) != 1:
            names = ", ".join(value.name for value in values) or "none"
            raise ModelError(f"{path} has {len(values)} {kind}s ({names}), exactly one is expected")
    shape, batch = _image_shape(path, inputs[0])
    return OnnxFile(path, sha256_of_file(path), model, inputs[0].name, outputs[0].name, shape, batch)


def _parse(path: Path) -> onnx.ModelProto:
    try:
        if is_folder(path):
            raise ModelError(f"{path} is a folder, an ONNX file is expected")
        size = path.stat().st_size
        if size == 0 or size > _MAX_BYTES:
            raise ModelError(f"{path} has {size} bytes, an ONNX file has between 1 and {_MAX_BYTES}")
        model = onnx.load_model_from_string(path.read_bytes())
    except FileNotFoundError as error:
        raise FileMissingError(f"{path} does not exist") from error
    except DecodeError as error:
        raise ModelError(f"{path} is not an ONNX model, or is truncated; export it again") from error
    except OSError as error:
        raise ModelError(f"cannot read {path}: {error.strerror or error}") from error
    if not model.graph.node:
        raise ModelError(f"{path} is not an ONNX model: it has no nodes; export it again")
    external = [t.name for t in model.graph.initializer if t.data_location == onnx.TensorProto.EXTERNAL]
    if external:
        raise ModelError(
            f"{path} keeps {len(external)} tensors in external data files ({external[0]}, …), "
            "which is not supported; save it as one file with onnx.save(onnx.load(PATH), OUT)"
        )
    return model


def _image_shape(path: Path, value: onnx.ValueInfoProto) -> tuple[tuple[int, ...], int | None]:
    tensor = value.type.tensor_type
    if tensor.elem_type != onnx.TensorProto.FLOAT:
        found = onnx.TensorProto.DataType.Name(tensor.elem_type)
        raise ModelError(f"{path}: input {value.name} has type {found}, FLOAT is expected; export in float32")
    sizes = [d.dim_value if d.HasField("dim_value") else None for d in tensor.shape.dim]
    if (
        len(sizes) != 4
        or any(size is None or size < 1 for size in sizes[1:])
        or (sizes[0] is not None and sizes[0] < 1)
    ):
        shown = "×".join("?" if size is None else str(size) for size in sizes)
        raise ModelError(f"{path}: input {value.name} has shape {shown}, (N, C, H, W) with fixed C, H, W is expected")
    return tuple(int(size) for size in sizes[1:] if size is not None), sizes[0]


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
