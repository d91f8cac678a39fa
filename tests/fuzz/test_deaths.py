"""A few of the deaths, and that the check finds what it looks for: `deaths.py` tries every change of every command."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.file_changes import DIED, WENT_AROUND

ROOT = Path(__file__).parents[2]
WATCHED = """
import sys
from pathlib import Path
sys.path.insert(0, {root!r})
from tests.fuzz.file_changes import Changes
folder = Path({folder!r})
changes = Changes(folder, {number}, {how!r})
changes.watch()
path = folder / "file"
"""


def test_calibrate_comes_back_from_each_death_and_from_a_full_disk() -> None:
    command = [sys.executable, "tests/fuzz/deaths.py", "--only", "calibrate", "--how", "death", "full"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    # open, write, fsync and rename at least, each disturbed in both ways
    changes = int(done.stdout.rsplit("changes: calibrate ", 1)[1])
    assert changes >= 4
    assert f"{2 * changes} deaths and failing changes" in done.stdout


def watched(body: str, folder: Path, number: int, how: str = "death") -> subprocess.CompletedProcess[str]:
    text = WATCHED.format(root=str(ROOT), folder=str(folder), number=number, how=how) + body
    return subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("number", "left"),
    [(0, {}), (1, {"file": b"new"}), (2, {"file": b"new ne"}), (3, {"file": b"new new"}), (4, {"b": b"new new"})],
)
def test_a_writer_dies_before_the_change(number: int, left: dict[str, bytes], tmp_path: Path) -> None:
    # of what is written at once the first half is there
    body = (
        'f = path.open("wb", 0)\nf.write(b"new ne")\nf.write(b"w")\npath.rename(folder / "b")\n(folder / "c").mkdir()'
    )
    assert watched(body, tmp_path, number).returncode == DIED
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == left


def test_a_writer_with_fewer_changes_comes_to_its_end(tmp_path: Path) -> None:
    assert watched('path.write_text("new")', tmp_path, 2).returncode == 0
    assert (tmp_path / "file").read_text() == "new"


@pytest.mark.parametrize(("synced", "left"), [(True, b"new"), (False, b"")])
def test_what_is_not_synchronised_goes_with_the_power(synced: bool, left: bytes, tmp_path: Path) -> None:
    sync = "import os\nwith path.open('rb') as f:\n    os.fsync(f.fileno())\n"
    body = f"path.write_bytes(b'new')\n{sync if synced else ''}path.rename(folder / 'b')\n(folder / 'c').mkdir()"
    done = watched(body, tmp_path, 4 if synced else 3, "power")
    assert done.returncode == DIED
    assert (tmp_path / "b").read_bytes() == left


@pytest.mark.parametrize(("how", "error", "left"), [("full", "No space left", False), ("fault", "Input/output", True)])
def test_a_full_disk_stays_full_and_a_fault_passes(how: str, error: str, left: bool, tmp_path: Path) -> None:
    body = "try:\n    path.touch()\nexcept OSError as e:\n    print(e)\npath.write_bytes(b'new')\n"
    done = watched("import builtins\nPath.touch = lambda p: open(p, 'ab').close()\n" + body, tmp_path, 0, how)
    assert error in done.stdout
    assert (done.returncode == 0, (tmp_path / "file").exists()) == (left, left)


def test_a_file_that_is_opened_behind_its_back_is_a_fault(tmp_path: Path) -> None:
    done = watched("import _io\n_io.FileIO(str(path), 'w')", tmp_path, 99)
    assert done.returncode == WENT_AROUND
    assert "was opened for writing where that is not seen" in done.stderr
