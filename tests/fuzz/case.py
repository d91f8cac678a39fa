"""A model while it is damaged."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx

Rng = np.random.Generator

HUGE = (2**31 - 1, 2**31, 2**40, 2**62, 2**63 - 1)
ODD = (0, -1, -(2**63), 1, 2, 3, 7, 255, 1000, *HUGE)


@dataclass
class Case:
    """A model while it is damaged.

    Attributes
    ----------
    model : ModelProto
    folder : Path
        Where the file will lie.
    edits : list
        What is done to the serialised bytes, in the end.
    damages : list of str
        What was done, for the report.
    """

    model: onnx.ModelProto
    folder: Path
    edits: list[Callable[[bytearray], bytearray]] = field(default_factory=list)
    damages: list[str] = field(default_factory=list)

    @property
    def graph(self) -> onnx.GraphProto:
        return self.model.graph

    def save(self) -> Path:
        """Write the model; give its path."""
        data = bytearray(self.model.SerializeToString())
        for edit in self.edits:
            data = edit(data)
        path = self.folder / "model.onnx"
        path.write_bytes(data)
        return path


def pick(rng: Rng, things: Any) -> Any:
    """Draw one of a sequence; None where it is empty."""
    return things[int(rng.integers(len(things)))] if len(things) else None
