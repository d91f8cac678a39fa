"""``run.json`` of a run folder: what was asked for, and with which versions."""

from typing import Any, Final, Literal

from pydantic import NonNegativeInt, PositiveInt

from snnconv.files.records import Name, Record, validated
from snnconv.ir.nodes import Encoding
from snnconv.runs.run_folder import ANEW, RUN, RunFolder
from snnconv.runs.summary_parts import DataSummary, NetworkSummary

FORMAT: Final = "snnconv.run"
VERSION: Final = 1


class RunRequest(Record):
    """What the result depends on: two runs with the same request may be one."""

    network: NetworkSummary
    data: DataSummary
    steps: PositiveInt
    images: PositiveInt
    """How many are asked for."""
    encoding: Encoding
    seed: NonNegativeInt | None = None
    """Of a Poisson input; absent with constant input."""
    reference: str | None
    """SHA-256 of the ONNX model that is run beside it."""
    layout: str
    labels: str | None
    classes: str | None
    """SHA-256 of the files that were named."""

    def values(self) -> dict[str, Any]:
        """Give JSON values, as the file has them."""
        return self.model_dump(mode="json", exclude_unset=True)


class RunRecord(Record):
    """The content of ``run.json``."""

    format: Literal["snnconv.run"] = FORMAT
    version: Literal[1] = VERSION
    request: RunRequest
    versions: dict[Name, Name]
    """Of snnconv and what it stands on, by name."""
    command_line: tuple[Name, ...]

    def values(self) -> dict[str, Any]:
        """Give JSON values, as the file has them."""
        return self.model_dump(mode="json") | {"request": self.request.values()}


def load_record(folder: RunFolder) -> RunRecord:
    """Read the ``run.json`` of a run folder and check it.

    Raises
    ------
    FileMissingError
        If there is no run.
    RunError
        If the file is damaged, or newer.
    """
    return validated(RunRecord, folder.read_record(), folder.path / RUN, ANEW)
