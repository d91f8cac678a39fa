"""What a command has found so far: recalled under the same key only, and never written over another file."""

import errno
import json
import logging
from pathlib import Path

import pytest

from snnconv.errors import InputError
from snnconv.files import sealed
from snnconv.files.journal import Journal


def found(journal: Journal, name: str, value: object) -> tuple[object, bool]:
    """Recall a value; say whether it had to be found."""
    asked = []

    def find() -> object:
        asked.append(name)
        return value

    return journal.recall(name, find), bool(asked)


def test_what_was_found_is_recalled_by_the_same_command_only(tmp_path: Path, caplog) -> None:
    out = tmp_path / "n.snn"
    first = Journal(out, "a")
    assert not first.path.exists()
    # a float comes back as it was, to the last bit
    assert found(first, "x", 0.1 + 0.2) == (0.1 + 0.2, True)
    assert found(first, "y", [1, None]) == ([1, None], True)
    assert first.path == tmp_path / "n.snn.unfinished"
    again = Journal(out, "a")
    assert found(again, "x", 0.0) == (0.1 + 0.2, False)
    assert found(again, "z", 3) == (3, True)
    with caplog.at_level(logging.WARNING, "snnconv"):
        other = Journal(out, "b")
    assert "n.snn.unfinished is of another conversion, which is given up" in caplog.text
    assert found(other, "x", 1) == (1, True)
    assert json.loads(other.path.read_text())["found"] == {"x": 1}
    other.discard()
    other.discard()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"mine", b"\xff", b"[]", b'{"format":"other"}', b""])
def test_a_file_of_somebody_else_is_left_alone(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "n.snn.unfinished"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"n\.snn\.unfinished: there is a file that is not snnconv's; move it away"):
        Journal(tmp_path / "n.snn", "a")
    assert path.read_bytes() == content


def test_a_folder_in_the_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "n.snn.unfinished").mkdir()
    with pytest.raises(InputError, match="it is a folder"):
        Journal(tmp_path / "n.snn", "a")


def test_of_another_version_nothing_is_recalled(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "n.snn", "a")
    found(journal, "x", 1)
    sealed.write(journal.path, {"format": "snnconv.unfinished", "version": 2})
    assert found(Journal(tmp_path / "n.snn", "a"), "x", 2) == (2, True)


def test_what_was_changed_by_hand_is_found_anew(tmp_path: Path, caplog) -> None:
    journal = Journal(tmp_path / "n.snn", "a")
    found(journal, "x", 1.25)
    text = journal.path.read_text()
    for changed, reason in (
        (text.replace("1.25", "1.75"), "is damaged or was changed: what it says does not match its digest"),
        (text.replace('"digest"', '"found2"'), "was changed, or is of an early snnconv: it has no digest"),
    ):
        assert changed != text
        journal.path.write_text(changed)
        caplog.clear()
        with caplog.at_level(logging.WARNING, "snnconv"):
            assert found(Journal(tmp_path / "n.snn", "a"), "x", 2.5) == (2.5, True)
        assert caplog.messages == [f"{journal.path} {reason}; what it has is found anew"]


def test_one_that_cannot_be_removed_is_named_and_goes_with_the_next_command(
    tmp_path: Path, monkeypatch, caplog
) -> None:
    journal = Journal(tmp_path / "n.snn", "a")
    found(journal, "x", 1)

    def fail(path: Path, missing_ok: bool = False) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patched, caplog.at_level(logging.WARNING, "snnconv"):
        patched.setattr(Path, "unlink", fail)
        journal.discard()
    assert caplog.messages == [f"cannot remove {journal.path}, which is of no use any more: Input/output error"]
    again = Journal(tmp_path / "n.snn", "a")
    assert found(again, "x", 2) == (1, False)
    again.discard()
    assert list(tmp_path.iterdir()) == []
