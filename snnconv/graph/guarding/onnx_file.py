"""An ONNX file as bytes and as a checked protobuf message with one image input.

What is checked in Python comes first, so that onnx and onnxruntime see sound models only.
"""

import hashlib
from dataclasses import dataclass
from math import prod
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError, EncodeError

from snnconv.errors import FileMissingError, InputError, ModelError
from snnconv.files.paths import is_folder
from snnconv.files.sizes import MEMORY_LIMIT, readable
from snnconv.graph.guarding.external_data import LARGEST_MODEL, read_external_data
from snnconv.graph.guarding.functions import inline_functions
from snnconv.graph.guarding.fused import write_out_fused
from snnconv.graph.guarding.input_type import check_input_type
from snnconv.graph.guarding.other_files import check_kind
from snnconv.graph.guarding.structure import check_structure
from snnconv.graph.guarding.tensors import shown
from snnconv.graph.guarding.wire import check_wire

_BYTES = 4  # of a float32


@dataclass(frozen=True)
class OnnxFile:
    """A model file that is sound in its structure, and valid for onnx itself.

    Attributes
    ----------
    path : Path
    sha256 : str
        Of the file; with external data, of the hashes of the file and of the external files in order of first use.
    model : onnx.ModelProto
        Of one piece: without external data, local functions, and weights among its inputs.
    input : str
        Name of the one input.
    outputs : tuple of str
        Names of the outputs, at least one.
    input_shape : tuple of int
        Shape of one image as the file has it, three sizes.
    batch : int or None
        The batch size that the file fixes, None where it leaves it open.
    input_type : int
        The element type of the input, as ONNX numbers them.
    """

    path: Path
    sha256: str
    model: onnx.ModelProto
    input: str
    outputs: tuple[str, ...]
    input_shape: tuple[int, ...]
    batch: int | None
    input_type: int = onnx.TensorProto.FLOAT


def load(path: Path, memory_limit: int = MEMORY_LIMIT) -> OnnxFile:
    """Read and check an ONNX file.

    Parameters
    ----------
    path : Path
        The model; external data are read from its folder only.
    memory_limit : int
        Bytes that the model's tensors may take, and the images of a batch that the file fixes.

    Returns
    -------
    OnnxFile

    Raises
    ------
    FileMissingError
        If there is no such file, or one with its external data is missing.
    ModelError
        If it is no ONNX model, is damaged, too large, or has other than one image input.
    """
    data = _bytes(path, memory_limit)
    try:
        check_kind(data)
        check_wire(data)
        model = _parsed(data)
        external = read_external_data(model, path.parent, memory_limit)
        digest = hashlib.sha256(data)
        del data
        if external:
            digest = hashlib.sha256(b"".join([digest.digest(), *external]))
        check_structure(model, memory_limit)
        for write_out in (lambda whole: inline_functions(whole, memory_limit), write_out_fused):
            written = write_out(model)
            if written is not model:
                check_structure(written, memory_limit)
                model = written
        _tidy(model)
        outputs = tuple(value.name for value in model.graph.output)
        if not outputs:
            raise ModelError("has no outputs, at least one is expected; export it again")
        name, shape, batch = _image_input(model.graph, memory_limit)
        input_type = check_input_type(model.graph, name)
        _check_by_onnx(model)
    except InputError as error:
        raise type(error)(_about(path, str(error))) from error
    return OnnxFile(path, digest.hexdigest(), model, name, outputs, shape, batch, input_type)


def _bytes(path: Path, memory_limit: int) -> bytes:
    limit = min(memory_limit, LARGEST_MODEL)
    try:
        size = _size(path)
        _check_size(path, size, limit)
        with path.open("rb") as file:
            # a file that grows meanwhile is cut off
            return file.read(size)
    except (FileMissingError, ModelError):
        raise
    except FileNotFoundError as error:
        raise FileMissingError(f"{path} does not exist; check the path of the model") from error
    except OSError as error:
        raise ModelError(f"cannot read {path}: {error.strerror or error}") from error
    except InputError as error:
        raise ModelError(str(error)) from error


def _size(path: Path) -> int:
    """Give the bytes of a plain file."""
    if is_folder(path):
        raise ModelError(f"{path} is a folder, an ONNX file is expected; name the file in it")
    return path.stat().st_size


def _check_size(path: Path, size: int, limit: int) -> None:
    if not 1 <= size <= LARGEST_MODEL:
        raise ModelError(
            f"{path} has {size} bytes, an ONNX file has between 1 and {LARGEST_MODEL}; "
            + ("export the model again" if size < 1 else "use a smaller model")
        )
    if size > limit:
        raise ModelError(
            f"{path} has {readable(size)}, at most {readable(limit)} of memory are allowed; raise --memory-limit"
        )


def _parsed(data: bytes) -> onnx.ModelProto:
    model = onnx.ModelProto()
    try:
        model.ParseFromString(data)
    except DecodeError as error:
        raise ModelError("is not an ONNX model, or is truncated; export it again") from error
    if not model.graph.node:
        raise ModelError("is not an ONNX model: it has no nodes; export it again")
    return model


def _tidy(model: onnx.ModelProto) -> None:
    """Take out what says nothing of the network.

    Weights that old exporters list among the inputs are no inputs. Shapes that the file claims for its outputs and for
    values inside are inferred instead of believed.
    """
    weights = {tensor.name for tensor in model.graph.initializer}
    kept = [value for value in model.graph.input if value.name not in weights]
    if len(kept) < len(model.graph.input):
        kept = [onnx.ValueInfoProto.FromString(value.SerializeToString()) for value in kept]
        del model.graph.input[:]
        model.graph.input.extend(kept)
    # up to version 3, all weights had to be inputs
    model.ir_version = max(model.ir_version, 4)
    for output in model.graph.output:
        # onnx's checker wants a type with a shape, which some exporters leave out
        output.type.tensor_type.elem_type = onnx.TensorProto.FLOAT
        output.type.tensor_type.shape.SetInParent()
        del output.type.tensor_type.shape.dim[:]
    del model.graph.value_info[:]
    del model.graph.quantization_annotation[:]
    del model.training_info[:]


def _image_input(graph: onnx.GraphProto, memory_limit: int) -> tuple[str, tuple[int, ...], int | None]:
    """Give the name of the one input, the shape of one image and the batch size."""
    if len(graph.input) != 1:
        names = ", ".join(value.name for value in graph.input) or "none"
        raise ModelError(f"has {len(graph.input)} inputs ({names}), exactly one is expected; {_one_input(graph)}")
    value = graph.input[0]
    tensor = value.type.tensor_type
    sizes = [d.dim_value if d.HasField("dim_value") else None for d in tensor.shape.dim]
    fixed = [size for size in sizes[1:] if size is not None and size >= 1]
    if len(sizes) != 4 or len(fixed) != 3 or (sizes[0] is not None and sizes[0] < 1):
        text = "×".join("?" if size is None else str(size) for size in sizes[:32])
        raise ModelError(
            f"input {value.name} has shape {text}, (N, C, H, W) with fixed C, H, W is expected; {_images_of(sizes)}"
        )
    needed = prod(fixed) * (sizes[0] or 1) * _BYTES
    if needed > memory_limit:
        raise ModelError(
            f"input {value.name} has shape {shown(fixed)} in batches of {sizes[0] or 1}, which takes {needed} bytes, "
            f"at most {memory_limit} are allowed; raise the memory limit, or export with smaller images"
        )
    return value.name, tuple(fixed), sizes[0]


def _one_input(graph: onnx.GraphProto) -> str:
    """Say how a model gets one input."""
    if not graph.input:
        return "export it with the image as its input"
    return "export the part that reads one image, with the others as constants"


def _images_of(sizes: list[int | None]) -> str:
    """Say how a model gets images as its input, by what it has in their place."""
    match sizes:
        case [_, _, _, _] if sizes[0] is not None and sizes[0] < 1:
            return "export it with one image or more in a batch"
        case [_, _, _, _]:
            return (
                "export it without dynamic axes but that of the batch, or fix them in the file: python -m "
                "onnxruntime.tools.make_dynamic_shape_fixed --input_name NAME --input_shape 1,C,H,W IN.onnx OUT.onnx"
            )
        case [int(channels), int(), int()] if channels in (1, 3):
            return "it has no batch axis: export it with images of (1, C, H, W)"
        case [_, _, _]:
            return "series are no images: export it with (N, C, 1, L) and two-dimensional layers"
        case [_, _]:
            return "export it with images of (N, 1, 1, features) and a Flatten in front"
        case [_, _, _, _, _]:
            return "films and volumes are no images: convert a network with two-dimensional layers"
        case _:
            return "export it with images as its input"


def _check_by_onnx(model: onnx.ModelProto) -> None:
    try:
        onnx.checker.check_model(model)
    # the checker also raises what protobuf and its bindings raise
    except (onnx.checker.ValidationError, EncodeError, RuntimeError, ValueError) as error:
        raise ModelError(f"is not a valid ONNX model: {' '.join(str(error).split())[:300]}; export it again") from error


def _about(path: Path, message: str) -> str:
    """Name the file in a message: what it is or has follows its name at once, the rest follows a colon."""
    follows = message.split(" ", 1)[0] in ("calls", "has", "holds", "is", "keeps", "names", "would")
    return f"{path} {message}" if follows else f"{path}: {message}"
