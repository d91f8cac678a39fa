"""``run.json``: what was asked for, and what damage says."""

from pathlib import Path
from typing import Any

import pytest

from snnconv.errors import RunError
from snnconv.runs.run_folder import RunFolder
from snnconv.runs.run_record import RunRecord, load_record
from tests.reporting.conftest import SUMMARY, record

RECORD = record(SUMMARY)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    folder.begin(RECORD)
    found = load_record(folder)
    assert found == RunRecord.model_validate(RECORD)
    # constant input: there is no seed, not a seed of null
    assert found.values() == RECORD
    assert "seed" not in found.values()["request"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"versions": 5}, "versions: Input should be a valid dictionary"),
        ({"versions": {"snnconv": 5}}, "versions.snnconv: Input should be a valid string"),
        ({"command_line": "x"}, "command_line: Input should be a valid tuple"),
        ({"command_line": [1]}, "command_line.0: Input should be a valid string"),
        ({"request": []}, "request: Input should be a valid dictionary"),
        ({"request": RECORD["request"] | {"steps": 0}}, "request.steps: Input should be greater than 0"),
        ({"more": 1}, "more: Extra inputs are not permitted"),
    ],
)
def test_what_breaks_the_schema_is_refused_in_one_line(changes: dict[str, Any], message: str, tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    folder.begin(RECORD | changes)
    with pytest.raises(RunError) as caught:
        load_record(folder)
    text = str(caught.value)
    assert text.startswith(f"{folder.path / 'run.json'} is damaged: {message}")
    assert text.endswith("; run simulate with --overwrite")
    assert "\n" not in text
