"""A few of the damaged run folders: `damaged_runs.py` runs hundreds."""

import shutil
from collections import Counter

import pytest

from snnconv.runs.run_folder import RunFolder
from tests.fuzz import damaged_runs, made_files
from tests.fuzz.command import run
from tests.fuzz.damaged_runs import FAILED, OTHERWISE, REFUSED, essence, run_case

CASES = 16


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return made_files.make(tmp_path_factory.mktemp("made"))


def test_damaged_runs_are_as_they_were_or_refused_and_mended_as_advised(made) -> None:
    whole = essence(run("report", made / "run", "--json").json)
    found = [run_case(1, number, made, whole) for number in range(CASES)]
    assert [why for verdict, why in found if verdict == FAILED] == []
    assert Counter(verdict for verdict, _ in found)[REFUSED] >= CASES // 2


def test_the_check_sees_that_something_else_is_reported(made, tmp_path) -> None:
    whole = essence(run("report", made / "run", "--json").json)
    shutil.copytree(made / "run", tmp_path / "run")
    folder = RunFolder(tmp_path / "run")
    content = folder.read_observation()
    content["layers"][0]["mean_rate"] /= 2
    folder.write_observation(content)
    assert damaged_runs._read(folder.path, whole, anew=True)[0] == OTHERWISE
    assert damaged_runs._read(folder.path, whole, anew=False) == (FAILED, "report says something else")
