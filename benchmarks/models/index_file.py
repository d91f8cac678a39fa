"""The index of a folder of ONNX files: what each file is and which tool wrote it.

``index.json`` is a JSON array with one object a line, in the order of the file names. The scripts of this folder
share it, so that each can be run alone and again.
"""

import fcntl
import json
from dataclasses import asdict, dataclass
from pathlib import Path

INDEX = "index.json"


@dataclass(frozen=True)
class Entry:
    """One ONNX file of the collection.

    Attributes
    ----------
    file : str
        Name of the file inside the folder.
    family : str
        What the network is, such as "resnet v1" or "densenet".
    exported_by : str
        The tool that wrote the file, or the tool whose pattern it follows.
    opset : int
        Version of the default ONNX operator set in the file.
    input : list of int
        Shape of one input image as channels, height, width, whatever the layout of the file is.
    layout : str
        "nchw" or "nhwc", the layout of the file's own input.
    notes : str
        What is special about the file.
    """

    file: str
    family: str
    exported_by: str
    opset: int
    input: list[int]
    layout: str
    notes: str


def read_index(folder: Path) -> list[Entry]:
    """Read the entries of a folder, in the order of their file names; an empty list where there is no index."""
    path = folder / INDEX
    if not path.exists():
        return []
    return [Entry(**item) for item in json.loads(path.read_text(encoding="utf-8"))]


def add_entry(folder: Path, entry: Entry) -> None:
    """Write an entry into the folder's index, in place of the one that the same file had before."""
    with (folder / ".index.lock").open("w") as lock:  # two of the scripts may run at the same time
        fcntl.flock(lock, fcntl.LOCK_EX)
        entries = {old.file: old for old in read_index(folder)}
        entries[entry.file] = entry
        lines = [json.dumps(asdict(entries[name])) for name in sorted(entries)]
        temporary = folder / f".{INDEX}.new"
        temporary.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")
        temporary.replace(folder / INDEX)
