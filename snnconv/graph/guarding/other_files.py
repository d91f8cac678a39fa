"""Files of other kinds that are given where an ONNX model is expected, known by their first bytes."""

from snnconv.errors import ModelError

_SNNCONV = b'"snnconv'
_HEADER = 4096

_WRITE = "write the network as ONNX: torch.onnx.export(model.eval(), image, 'model.onnx')"
_KINDS = (
    (0, b"PK\x03\x04", f"a zip file, as .npz, .zip and PyTorch's .pt are; give the .onnx file, or {_WRITE}"),
    (0, b"\x80\x02", f"a pickle, as PyTorch's older .pt and .pth are; {_WRITE}"),
    (0, b"\x93NUMPY", "an array; give the .onnx file, and arrays as --data"),
    (0, b"\x89HDF", "an HDF5 file, as Keras' .h5 is; convert it to ONNX with tf2onnx"),
    (4, b"TFL3", "a TensorFlow Lite model; convert the network that it was made of to ONNX with tf2onnx"),
    (0, b"\x89PNG", "a picture; give the .onnx file, and pictures as --data"),
    (0, b"\xff\xd8\xff", "a picture; give the .onnx file, and pictures as --data"),
    (0, b"\x1f\x8b", "a compressed file; unpack it"),
    (0, b"version https://git-lfs", "a pointer of Git LFS to it; fetch the file itself with git lfs pull"),
    (0, b"<", "a page of HTML or XML, as downloads that failed are; fetch the file again"),
)
"""(Where they stand, the bytes, what the file is and what to do)."""


def check_kind(data: bytes) -> None:
    """Refuse a file that is known to be something else.

    Parameters
    ----------
    data : bytes
        The file.

    Raises
    ------
    ModelError
        Saying what it is. The text does not name the file.
    """
    # the length of safetensors' header stands before it
    if data[8:9] == b"{" and _SNNCONV in data[8:_HEADER]:
        raise ModelError(
            "is not an ONNX model but a file that snnconv made of one; give the .onnx file, and this one as NETWORK or "
            "--calibration"
        )
    for place, begin, what in _KINDS:
        if data.startswith(begin, place):
            raise ModelError(f"is not an ONNX model but {what}")
