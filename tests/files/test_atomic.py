"""Files appear whole or not at all."""

import errno
from pathlib import Path

import pytest

from snnconv.errors import InputError
from snnconv.files.atomic import check_new_folder, check_place, write_bytes, written_aside


def test_writes_and_replaces(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_bytes(path, b"old")
    write_bytes(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_reader_sees_the_old_file_until_the_block_ends(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_bytes(path, b"old")
    with written_aside(path) as aside:
        aside.write_bytes(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt], ids=lambda error: error.__name__)
def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "file"
    write_bytes(path, b"old")

    def fail() -> None:
        with written_aside(path) as aside:
            aside.write_bytes(b"half")
            raise error

    with pytest.raises(error):
        fail()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def _cannot_remove(path: Path, missing_ok: bool = False) -> None:
    del path, missing_ok
    raise OSError(errno.EIO, "Input/output error")


def test_a_file_that_is_written_needs_nothing_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "unlink", _cannot_remove)
    write_bytes(tmp_path / "file", b"new")
    assert (tmp_path / "file").read_bytes() == b"new"


def test_remains_that_cannot_be_removed_do_not_hide_what_went_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "unlink", _cannot_remove)
    path = tmp_path / "file"
    with pytest.raises(InputError) as caught, written_aside(path):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert str(caught.value) == f"cannot write {path}: No space left on device"


def test_an_error_of_ours_passes_unchanged(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^the reason$"), written_aside(tmp_path / "file"):
        raise InputError("the reason")


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    path = tmp_path / "none" / "file"
    with pytest.raises(InputError) as caught:
        write_bytes(path, b"")
    assert str(caught.value) == f"cannot write {path}: the folder {path.parent} does not exist; make it first"


def test_a_folder_is_not_replaced(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="it is a folder; name a file"):
        write_bytes(tmp_path, b"")


def test_nothing_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"file: nothing was written$"), written_aside(tmp_path / "file"):
        pass
    assert not list(tmp_path.iterdir())


def test_the_longest_file_name_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 255)
    write_bytes(path, b"data")
    assert path.read_bytes() == b"data"


def test_a_file_name_that_is_too_long_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="File name too long"):
        write_bytes(tmp_path / ("n" * 256), b"data")
    assert not list(tmp_path.iterdir())


def test_an_input_is_not_written_over(tmp_path: Path) -> None:
    model, folder = tmp_path / "model.onnx", tmp_path / "images"
    model.touch()
    folder.mkdir()
    (folder / "1.png").touch()
    (tmp_path / "link").symlink_to(model)
    for path in (model, tmp_path / "images" / ".." / "model.onnx", tmp_path / "link", folder / "1.png"):
        with pytest.raises(InputError, match=r"this command reads .*; name another file"):
            check_place(path, [None, model, folder])
    for path in (tmp_path / "other", folder / "new"):
        check_place(path, [None, model, folder, tmp_path / "other"])


def test_a_new_folder_needs_the_one_that_it_lies_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "there").mkdir()
    check_new_folder(tmp_path / "there")
    check_new_folder(tmp_path / "new")
    path = tmp_path / "none" / "new"
    with pytest.raises(InputError) as caught:
        check_new_folder(path)
    assert str(caught.value) == f"cannot write {path}: the folder {path.parent} does not exist; make it first"
    with pytest.raises(InputError, match="File name too long"):
        check_new_folder(tmp_path / ("n" * 256))
    monkeypatch.setattr("os.access", lambda path, mode: False)
    check_new_folder(tmp_path / "there")
    with pytest.raises(InputError, match=f"the folder {tmp_path} is not writable; name another one$"):
        check_new_folder(tmp_path / "new")
    assert [path.name for path in tmp_path.iterdir()] == ["there"]
