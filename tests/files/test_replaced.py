"""What is written replaces its own kind, and nothing else."""

from pathlib import Path

import numpy as np
import pytest

from snnconv.errors import InputError
from snnconv.files import container
from snnconv.files.atomic import check_place
from snnconv.files.replaced import CALIBRATION, DIAGNOSIS, LOG, NETWORK, PAGE, Kind, check_replaced

GOLDEN = Path(__file__).parents[1] / "golden"
BEGINS = {
    PAGE: [
        b"<!doctype html>\n<html",
        b"<!DOCTYPE HTML PUBLIC",
        b"\xef\xbb\xbf\r\n <!doctype html>",
        b"<html lang='en'>",
    ],
    LOG: [b"2026-01-31 23:59:59,001 INFO inspect: read x\n"],
    DIAGNOSIS: [b'{\n  "format": "snnconv.diagnosis",\n  "version": 1', b'{"format":"snnconv.diagnosis"'],
    CALIBRATION: [(GOLDEN / "v1.calib").read_bytes(), (GOLDEN / "v1.calib").read_bytes()[:-9]],
    NETWORK: [(GOLDEN / "v1.snn").read_bytes(), (GOLDEN / "v1.snn").read_bytes()[:-9]],
}
OTHERS = [b"\n", b"{}", b"PK\3\4", b"\x93NUMPY", b"text: <!doctype html>", b"<htmlish>", b"<!doctype svg>", b"\0" * 999]
OTHERS += [b'{"format": "snnconv.run-summary"', b"2026-01-31 my notes", b'about "snnconv.snn" and "snnconv.calib"']


@pytest.mark.parametrize("kind", BEGINS, ids=lambda kind: kind.name)
def test_its_own_kind_and_an_empty_file_may_be_replaced(kind: Kind, tmp_path: Path) -> None:
    path = tmp_path / "there"
    check_replaced(path, kind)
    for begin in (b"", *BEGINS[kind]):
        path.write_bytes(begin)
        check_replaced(path, kind)
        check_place(path, kind=kind)


@pytest.mark.parametrize("kind", BEGINS, ids=lambda kind: kind.name)
def test_anything_else_is_refused(kind: Kind, tmp_path: Path) -> None:
    path = tmp_path / "mine"
    others = [begin for other, all_of_it in BEGINS.items() if other != kind for begin in all_of_it]
    for begin in (*OTHERS, *others):
        path.write_bytes(begin)
        with pytest.raises(InputError) as caught:
            check_place(path, kind=kind)
        said = f"cannot write {path}: the file there is no {kind.name}; name another file, or remove it first"
        assert str(caught.value) == said


def test_a_container_with_a_long_manifest_is_recognised(tmp_path: Path) -> None:
    """Its format stands behind all that comes before it in the alphabet."""
    path = tmp_path / "n.snn"
    container.write(path, {"classes": ['é"\\' * 9] * 20_000, "format": "snnconv.snn", "version": 1}, {"t": np.ones(3)})
    check_replaced(path, NETWORK)
    with pytest.raises(InputError, match="no calibration"):
        check_replaced(path, CALIBRATION)


def test_a_file_that_cannot_be_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, *args: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("pathlib.Path.open", refuse)
    with pytest.raises(InputError, match=r"page\.html: Permission denied; name another file$"):
        check_replaced(tmp_path / "page.html", PAGE)
