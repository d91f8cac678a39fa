"""``--log-file``: it goes on in logs of its own, and writes to nothing else."""

import errno
import io
import logging
import os

import numpy as np
import pytest

from snnconv.cli.log_file import log_handler
from snnconv.errors import InputError


def test_a_log_is_begun_and_goes_on(tmp_path, snnconv, sample_model) -> None:
    path = tmp_path / "log.txt"
    for runs in (1, 2):
        found = snnconv("check", sample_model.with_name("absent.onnx"), "--log-file", path)
        assert found.code == 3
        lines = path.read_text("utf-8").splitlines()
        assert sum("ERROR" in line and "absent.onnx does not exist" in line for line in lines) == runs


def test_an_input_is_not_written_to(tmp_path, snnconv) -> None:
    data = tmp_path / "x.npz"
    np.savez(data, x=np.zeros((1, 1)))
    link = tmp_path / "link.npz"
    link.symlink_to(data)
    before = data.read_bytes()
    for log in (data, link):
        found = snnconv("calibrate", "m.onnx", "--data", data, "-o", tmp_path / "x.calib", "--log-file", log)
        assert (found.code, found.out, found.err.count("\n")) == (3, "", 1)
        assert "the command reads or writes that file; name another one" in found.err
    assert data.read_bytes() == before


def test_an_output_is_not_written_to(tmp_path, snnconv) -> None:
    out = tmp_path / "x.calib"
    found = snnconv("calibrate", "m.onnx", "--data", tmp_path, "-o", out, "--log-file", out)
    assert found.code == 3
    assert "cannot write the log to" in found.err
    assert not out.exists()


def test_files_of_options_that_take_an_id_too_and_lists_are_seen(tmp_path) -> None:
    profile, run = tmp_path / "p.json", tmp_path / "run"
    for given in ([str(profile)], [["loihi1", str(profile)]], [[run, profile]]):
        with pytest.raises(InputError, match="reads or writes that file"):
            log_handler(profile, given)


@pytest.mark.parametrize("content", [b"{}", b"\x00" * 99, b"2026-11-29 notes of mine"])
def test_what_is_no_log_is_left_alone(content, tmp_path) -> None:
    path = tmp_path / "notes"
    path.write_bytes(content)
    with pytest.raises(
        InputError, match=r"the file there is no log of snnconv; name another file, or remove it first$"
    ):
        log_handler(path, [])
    assert path.read_bytes() == content


def test_an_empty_file_may_become_one(tmp_path) -> None:
    path = tmp_path / "empty"
    path.touch()
    log_handler(path, ["", None, 3, "0.5,0.5"]).close()


def test_a_place_that_cannot_be_written_to(tmp_path) -> None:
    with pytest.raises(InputError, match="does not exist; make it first"):
        log_handler(tmp_path / "none" / "log", [])


def test_a_log_that_cannot_be_written_any_more_ends(tmp_path, capsys) -> None:
    class Full(io.StringIO):
        def flush(self) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = tmp_path / "log"
    handler = log_handler(path, [])
    handler.stream.close()
    handler.stream = Full()
    for number in range(3):
        handler.emit(logging.makeLogRecord({"msg": "line %d", "args": (number,)}))
    handler.close()
    assert (
        capsys.readouterr().err
        == f"snnconv: the log ends here, {path} cannot be written: {os.strerror(errno.ENOSPC)}\n"
    )


def test_a_note_of_the_library_cannot_forge_a_line(tmp_path) -> None:
    handler = log_handler(tmp_path / "log", [])
    handler.emit(logging.makeLogRecord({"msg": "classes %s", "args": ("a\n\x1b[31mb",), "levelname": "INFO"}))
    handler.close()
    assert (tmp_path / "log").read_text().endswith(" INFO classes a\\n\\x1b[31mb\n")
