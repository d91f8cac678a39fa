"""A page replaces a page, and nothing else."""

from pathlib import Path

import pytest

from snnconv.errors import InputError
from snnconv.reporting.model import Report
from snnconv.reporting.page import write_page
from snnconv.reporting.page.place import check_replaced


@pytest.mark.parametrize(
    "begin",
    [
        b"",
        b"<!doctype html>\n<html",
        b"<!DOCTYPE HTML PUBLIC",
        b"\xef\xbb\xbf\r\n <!doctype html>",
        b"<html lang='en'>",
    ],
)
def test_a_page_and_an_empty_file_may_be_replaced(begin: bytes, tmp_path: Path) -> None:
    path = tmp_path / "there"
    path.write_bytes(begin)
    check_replaced(path)
    check_replaced(tmp_path / "nothing there")


@pytest.mark.parametrize(
    "begin",
    [b"\n", b"{}", b"PK\3\4", b"\x93NUMPY", b"text: <!doctype html>", b"<htmlish>", b"<!doctype svg>", b"\0" * 999],
)
def test_anything_else_is_refused_and_stays(begin: bytes, report: Report, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_bytes(begin)
    with pytest.raises(InputError) as caught:
        write_page([report], path)
    assert str(caught.value) == (
        f"cannot write {path}: the file there is no HTML page; name another file, or remove it first"
    )
    assert path.read_bytes() == begin
    assert list(tmp_path.iterdir()) == [path]


def test_a_page_may_be_written_twice(report: Report, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    write_page([report], path)
    before = path.read_bytes()
    write_page([report], path)
    assert path.read_bytes() == before


def test_a_file_that_cannot_be_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, *args: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("pathlib.Path.open", refuse)
    with pytest.raises(InputError, match=r"page\.html: Permission denied; name another file$"):
        check_replaced(tmp_path / "page.html")
