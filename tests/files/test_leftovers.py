"""What killed processes left of their writing goes; what a live one writes, and what is somebody's, stays."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from snnconv.errors import InputError
from snnconv.files import leftovers
from snnconv.files.atomic import write_bytes, written_aside
from snnconv.files.leftovers import NAME, made_aside, remove_leftovers

WRITER = """
import sys, time
from pathlib import Path
from snnconv.files.atomic import written_aside
with written_aside(Path(sys.argv[1])) as aside:
    aside.write_bytes(b"half")
    print(aside.name, flush=True)
    time.sleep(60)
"""


def test_a_live_process_keeps_its_file_and_a_killed_one_does_not(tmp_path: Path) -> None:
    writer = subprocess.Popen([sys.executable, "-c", WRITER, tmp_path / "out"], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    with writer:
        aside = tmp_path / writer.stdout.readline().strip()
        write_bytes(tmp_path / "other", b"x")
        assert aside.read_bytes() == b"half"
        writer.send_signal(signal.SIGKILL)
    assert aside.exists()
    write_bytes(tmp_path / "other", b"y")
    assert [path.name for path in tmp_path.iterdir()] == ["other"]


def test_only_plain_files_of_our_name_go(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.write_text("mine")
    folder, link, pipe, left = (tmp_path / f".snnconv-{digit * 16}.part" for digit in "0123")
    folder.mkdir()
    link.symlink_to(mine)
    os.mkfifo(pipe)
    left.write_bytes(b"half")
    others = [f".{'0' * 16}.part", "a.part", f".snnconv-{'0' * 15}.part", f".snnconv-{'0' * 16}.part.txt", ".part"]
    for name in others:
        (tmp_path / name).write_text("x")
    before = {path.name for path in tmp_path.iterdir()}
    remove_leftovers(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == before - {left.name}
    remove_leftovers(tmp_path / "none")
    remove_leftovers(mine)


def test_a_file_written_at_the_moment_stays_also_in_its_own_process(tmp_path: Path) -> None:
    with written_aside(tmp_path / "out") as aside:
        assert NAME.fullmatch(aside.name)
        remove_leftovers(tmp_path)
        aside.write_bytes(b"whole")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out").read_bytes() == b"whole"


def test_a_file_that_is_taken_for_a_leftover_before_its_lock_is_made_again(tmp_path: Path, monkeypatch) -> None:
    plain_lock, made = leftovers._lock, []

    def lock(descriptor: int) -> bool | None:
        if not made:
            made.extend(tmp_path.iterdir())
            made[0].unlink()
        return plain_lock(descriptor)

    monkeypatch.setattr(leftovers, "_lock", lock)
    with made_aside(tmp_path) as path:
        assert [path] == list(tmp_path.iterdir())
        assert made != [path]


@pytest.mark.parametrize("without", ["system", "disk"])
def test_without_locks_files_are_written_and_nothing_is_removed(without: str, tmp_path: Path, monkeypatch) -> None:
    left = tmp_path / f".snnconv-{'0' * 16}.part"
    left.write_bytes(b"half")
    if without == "system":
        monkeypatch.setattr(leftovers, "fcntl", None)
    else:

        def flock(descriptor: int, operation: int) -> None:
            raise OSError("no locks available")

        monkeypatch.setattr(leftovers.fcntl, "flock", flock)
    write_bytes(tmp_path / "out", b"x")
    assert {path.name for path in tmp_path.iterdir()} == {"out", left.name}


def test_the_mode_is_that_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"x")
    write_bytes(tmp_path / "aside", b"x")
    assert (tmp_path / "aside").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_no_leftover_stays_where_the_write_fails(tmp_path: Path, monkeypatch) -> None:
    def replace(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(InputError, match=r"out: No space left on device$"):
        write_bytes(tmp_path / "out", b"x")
    assert list(tmp_path.iterdir()) == []
