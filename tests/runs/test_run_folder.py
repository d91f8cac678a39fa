"""The run folder: what may be written and removed, who may write, and damaged parts."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnconv.errors import FileMissingError, InputError, RunError
from snnconv.runs.part import Extent, Part
from snnconv.runs.run_folder import RunFolder

RECORD: dict[str, Any] = {"format": "snnconv.run", "version": 1, "request": {"steps": 3}, "command_line": ["snnconv"]}
SUMMARY: dict[str, Any] = {"format": "snnconv.run-summary", "version": 1, "images": 5}
EXTENT = Extent(steps=3, classes=7, layers=2, weighted=1)


def part(first: int, images: int = 2, **changes: Any) -> Part:
    rng = np.random.default_rng(first)
    spikes = rng.integers(0, 9, (images, 2, 3))
    synops = rng.integers(0, 99, (images, 1, 3))
    columns: dict[str, Any] = {
        "predictions": rng.integers(0, 7, (images, 3)).astype(np.uint16),
        "in_top5": rng.random((images, 3)) < 0.5,
        "labels": rng.integers(0, 7, images),
        "reference": np.full(images, -1),
        "spikes": spikes.sum(axis=0),
        "synops": synops.sum(axis=0),
        "spikes_by_image": spikes.sum(axis=2),
        "synops_by_image": synops.sum(axis=2),
    }
    return Part(first=first, **(columns | changes))


def columns(found: Part) -> dict[str, Any]:
    return {name: np.asarray(value).tolist() for name, value in found.__dict__.items() if name != "first"}


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """A run of parts of 2 and 3 images, with a summary."""
    folder = RunFolder(tmp_path / "run")
    with folder.locked():
        folder.begin(RECORD)
        folder.write_part(part(0))
        folder.write_part(part(2, 3))
        folder.write_summary(SUMMARY)
    return folder


def names(path: Path) -> list[str]:
    return sorted(str(p.relative_to(path)) for p in path.rglob("*"))


def test_what_is_written_is_read_again(run: RunFolder) -> None:
    assert run.exists
    assert run.read_record() == RECORD
    assert run.read_summary() == SUMMARY
    first, second = run.parts(EXTENT)
    assert (first.first, second.first) == (0, 2)
    assert columns(first) == columns(part(0))
    assert columns(second) == columns(part(2, 3))
    assert names(run.path) == [".lock", "parts", "parts/00000000.npz", "parts/00000002.npz", "run.json", "summary.json"]


def test_parts_end_at_a_gap_and_sizes_may_differ(run: RunFolder) -> None:
    run.write_part(part(9))
    # what an earlier sitting with other pieces left inside a longer part is not counted twice
    run.write_part(part(3, 1))
    assert [found.first for found in run.parts(EXTENT)] == [0, 2]
    run.write_part(part(5, 4))
    assert [found.first for found in run.parts(EXTENT)] == [0, 2, 5, 9]


def test_beginning_anew_removes_what_a_run_made_and_nothing_else(run: RunFolder) -> None:
    aside = f".snnconv-{'0' * 16}.part"
    for name in (
        aside,
        f"parts/{aside}",
        "notes.txt",
        "parts/mine.npz",
        "parts/1.npz",
        ".mine.part",
        f".{'0' * 16}.part",
    ):
        (run.path / name).write_text("x")
    (run.path / "plots").mkdir()
    with run.locked():
        run.begin(RECORD | {"request": {"steps": 9}})
    assert names(run.path) == sorted(
        [
            ".lock",
            ".mine.part",
            f".{'0' * 16}.part",
            "notes.txt",
            "parts",
            "parts/1.npz",
            "parts/mine.npz",
            "plots",
            "run.json",
        ]
    )
    assert run.read_record()["request"] == {"steps": 9}
    assert list(run.parts(EXTENT)) == []


def test_a_run_that_goes_on_removes_what_a_killed_process_left(run: RunFolder) -> None:
    left = [run.path / f".snnconv-{'0' * 16}.part", run.path / "parts" / f".snnconv-{'1' * 16}.part"]
    others = [run.path / "mine.part", run.path / "parts" / f".{'1' * 16}.part"]
    for path in (*left, *others):
        path.write_bytes(b"half")
    before = run.read_record()
    with run.locked():
        assert [path.exists() for path in (*left, *others)] == [False, False, True, True]
    assert run.read_record() == before
    assert len(list(run.parts(EXTENT))) == 2


@pytest.mark.parametrize("name", ["thesis.txt", "summary.json", "parts/00000000.npz"])
def test_a_folder_that_is_no_run_is_left_alone(name: str, tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / name).write_text("x")
    before = names(tmp_path)
    folder = RunFolder(tmp_path)
    message = f"^{re.escape(f'{tmp_path} exists and is no run folder; name another, or empty it')}$"
    with pytest.raises(RunError, match=message), folder.locked():
        pass
    with pytest.raises(RunError, match=message):
        folder.begin(RECORD)
    assert names(tmp_path) == before


def test_a_run_that_never_began_may_begin(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    for name in (".lock", f".snnconv-{'a' * 16}.part"):
        (tmp_path / name).write_text("")
    folder = RunFolder(tmp_path)
    with folder.locked():
        folder.begin(RECORD)
    assert names(tmp_path) == [".lock", "parts", "run.json"]


def test_a_discarded_run_leaves_nothing_but_the_files_of_others(run: RunFolder) -> None:
    (run.path / "notes.txt").write_text("x")
    with run.locked():
        run.discard()
        # still a run's folder, so that the command can be repeated
        assert names(run.path) == [".lock", "notes.txt", "parts", "run.json"]
        (run.path / "notes.txt").unlink()
        run.discard()
    assert not run.path.exists()


def hold(path: Path) -> subprocess.CompletedProcess[str]:
    """Take the lock in another process."""
    code = (
        "from pathlib import Path\nfrom snnconv.runs.run_folder import RunFolder\n"
        f"with RunFolder(Path({str(path)!r})).locked(): print('mine')"
    )
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_one_process_at_a_time_also_before_the_run_begins(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    with folder.locked():
        for act in (lambda: None, lambda: folder.begin(RECORD), lambda: folder.begin(RECORD)):
            act()
            done = hold(folder.path)
            assert done.stdout == ""
            assert f"another process is simulating into {folder.path}; wait for it" in done.stderr
    assert hold(folder.path).stdout == "mine\n"


def test_a_lock_on_a_file_that_was_removed_is_no_lock(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    from snnconv.runs import run_lock

    plain_lock, inodes = run_lock._lock, []

    def lock(file: Any) -> None:
        # between the opening and the lock another process gives its run up
        if not inodes:
            (run.path / ".lock").unlink()
        inodes.append(os.fstat(file.fileno()).st_ino)
        plain_lock(file)

    monkeypatch.setattr(run_lock, "_lock", lock)
    with run.locked():
        assert len(inodes) == 2
        assert (run.path / ".lock").stat().st_ino == inodes[1]


def test_a_damaged_part_is_refused_or_read_as_it_was(run: RunFolder) -> None:
    path = run.path / "parts" / "00000000.npz"
    whole = path.read_bytes()
    expected, messages = columns(part(0)), []
    rng = np.random.default_rng(5)
    for position in range(0, len(whole), 3):
        damaged = bytearray(whole)
        damaged[position] ^= int(rng.integers(1, 256))
        path.write_bytes(damaged)
        try:
            found = next(iter(run.parts(EXTENT)))
        except RunError as error:
            messages.append(str(error))
        else:
            # a date, say: no number is another
            assert columns(found) == expected
    # checksums cover the numbers: most bytes of the file
    assert len(messages) > len(whole) / 3 / 2
    for message in messages:
        assert message.startswith(f"{path} is damaged: ")
        assert "\n" not in message


@pytest.mark.parametrize("kept", [0, 1, 4, 100, -1, -30])
def test_a_truncated_part_is_refused(kept: int, run: RunFolder) -> None:
    path = run.path / "parts" / "00000000.npz"
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(RunError, match=r"00000000\.npz is damaged: .*; delete it"):
        list(run.parts(EXTENT))


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"predictions": np.zeros((2, 4), np.uint16)}, r"predictions has the shape \(2, 4\), expected \(2, 3\)"),
    ({"predictions": np.zeros((2, 3), np.int64)}, "predictions has the type int64, expected uint16"),
    ({"predictions": np.full((2, 3), 7, np.uint16)}, "predictions has values from 7 to 7, the classes are 7"),
    ({"in_top5": np.zeros((2, 2), bool)}, r"in_top5 has the shape \(2, 2\), expected \(2, 3\)"),
    ({"labels": np.array([0, 7])}, "labels has values from 0 to 7, the classes are 7"),
    ({"labels": np.array([-2, 0])}, "labels has values from -2 to 0, the classes are 7"),
    ({"labels": np.array(3)}, r"labels has the shape \(\), expected \(0,\)"),
    ({"reference": np.array([1, 2, 3])}, r"reference has the shape \(3,\), expected \(2,\)"),
    ({"reference": np.array([1, 7])}, "reference has values from 1 to 7"),
    ({"spikes": np.zeros((3, 3), np.int64)}, r"spikes has the shape \(3, 3\), expected \(2, 3\)"),
    ({"synops": np.zeros((2, 3), np.int64)}, r"synops has the shape \(2, 3\), expected \(1, 3\)"),
    ({"spikes": np.zeros((2, 3), np.int64)}, "spikes by step and by image are not the same counts"),
    ({"synops": np.array([[-1, 0, 1]]), "synops_by_image": np.zeros((2, 1), np.int64)}, "not the same counts"),
    ({"spikes_by_image": np.zeros((1, 2), np.int64)}, r"spikes_by_image has the shape \(1, 2\), expected \(2, 2\)"),
    ({"beyond_amplitude": np.zeros(3, np.int64)}, r"beyond_amplitude has the shape \(3,\), expected \(2,\)"),
    ({"beyond_amplitude": np.zeros(2, np.int32)}, "beyond_amplitude has the type int32, expected int64"),
    ({"beyond_amplitude": np.array([0, -1])}, "beyond_amplitude has values from -1 on, they are counts"),
]


@pytest.mark.parametrize(("changes", "message"), WRONG)
def test_a_part_that_does_not_fit_the_run_is_refused(changes: dict[str, Any], message: str, run: RunFolder) -> None:
    run.write_part(part(0, **changes))
    with pytest.raises(RunError, match=rf"00000000\.npz is damaged: .*{message}.*; delete it"):
        list(run.parts(EXTENT))


def test_pixels_beyond_the_amplitude_are_kept_where_they_were_counted(run: RunFolder) -> None:
    run.write_part(part(0, beyond_amplitude=np.array([0, 41])))
    first, second = run.parts(EXTENT)
    assert first.beyond_amplitude is not None
    assert first.beyond_amplitude.tolist() == [0, 41]
    assert second.beyond_amplitude is None


def test_a_part_without_images_is_refused(run: RunFolder) -> None:
    run.write_part(part(0, images=0, in_top5=np.zeros((0, 0), bool)))
    with pytest.raises(RunError, match="it holds no images"):
        list(run.parts(EXTENT))


def test_a_part_with_other_layers_than_the_first_is_refused(run: RunFolder) -> None:
    synops = np.zeros((2, 3), np.int64)
    run.write_part(part(2, synops=synops, synops_by_image=np.zeros((2, 2), np.int64)))
    with pytest.raises(RunError, match=r"00000002\.npz is damaged: synops has the shape"):
        list(run.parts(Extent(steps=3, classes=7)))


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"request": 1}', '{"request": {}, "command_line": "x"}', "\x00", "[" * 100_000]
)
def test_a_damaged_record_is_refused(text: str, run: RunFolder) -> None:
    (run.path / "run.json").write_text(text)
    with pytest.raises(RunError, match=r"run\.json is damaged: .*; run simulate with --overwrite"):
        run.read_record()


def test_what_is_no_folder_or_no_file(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    with pytest.raises(RunError, match="is a file, a run folder is expected"):
        RunFolder(file).read_summary()
    with pytest.raises(RunError, match="exists and is no run folder"):
        RunFolder(file).locked()
    with pytest.raises(RunError, match="cannot"), RunFolder(file / "run").locked():
        pass
    with pytest.raises(FileMissingError, match="does not exist"):
        RunFolder(tmp_path / "none").read_record()
    os.mkfifo(tmp_path / "summary.json")
    with pytest.raises(RunError, match="it is a pipe or a device"):
        RunFolder(tmp_path).read_summary()


def test_a_name_that_is_too_long(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / ("n" * 300))
    for act in (folder.locked, folder.read_record, folder.read_summary, lambda: folder.begin(RECORD)):
        with pytest.raises(InputError, match=r"File name too long"):
            act()


def test_texts_are_ascii_on_the_disk_and_the_same_when_they_are_read(run: RunFolder) -> None:
    with run.locked():
        run.begin(RECORD | {"command_line": ["Größe", r"a\udcff"]})
    assert (run.path / "run.json").read_bytes().isascii()
    assert run.read_record()["command_line"] == ["Größe", r"a\udcff"]
