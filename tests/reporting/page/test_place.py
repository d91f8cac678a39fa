"""A page replaces a page, and nothing else."""

from pathlib import Path

import pytest

from snnconv.errors import InputError
from snnconv.reporting.model import Report
from snnconv.reporting.page import write_page


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
