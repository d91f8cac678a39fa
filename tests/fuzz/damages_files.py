"""Damages to the files beside a model."""

import os

from onnx import TensorProto
from onnx.external_data_helper import set_external_data

from tests.fuzz.case import Case, Rng, pick


def external(case: Case, rng: Rng) -> None:
    """Move tensors into a file beside the model, and perhaps say wrong things of it."""
    chosen = [t for t in case.graph.initializer if t.raw_data]
    data = b""
    for tensor in chosen:
        raw = tensor.raw_data
        set_external_data(tensor, "weights", len(data), len(raw))
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        data += raw
    place = case.folder / "weights"
    (case.folder.parent / "outside").write_bytes(data)
    what = pick(rng, ["fine", "short", "fifo", "folder", "link out", "link in", "loop", "missing", "entry", "entry"])
    case.damages.append(what)
    if what in ("fine", "entry", "link in"):
        place.write_bytes(data)
    match what:
        case "short":
            place.write_bytes(data[: int(rng.integers(len(data) + 1))])
        case "fifo":
            os.mkfifo(place)
        case "folder":
            place.mkdir()
        case "link out":
            place.symlink_to(case.folder.parent / "outside")
        case "link in":
            place.rename(case.folder / "real")
            place.symlink_to("real")
        case "loop":
            place.symlink_to("weights")
        case "entry" if chosen:
            _odd_entry(pick(rng, chosen), rng)


def _odd_entry(tensor: TensorProto, rng: Rng) -> None:
    places = ["../outside", "/etc/passwd", "/dev/zero", "", ".", "a\\b", "C:weights", "x" * 5000, "a\0b", "./weights"]
    numbers = ["-1", "0", "4", "x", "9" * 30, "1e3", str(2**63), " 8"]
    key = pick(rng, ["location", "offset", "length"])
    for entry in tensor.external_data:
        if entry.key == key:
            entry.value = pick(rng, places if key == "location" else numbers)
    if rng.random() < 0.1:
        tensor.external_data.append(tensor.external_data[0])
