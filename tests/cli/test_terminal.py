"""What reaches a terminal: nothing from a file can steer it."""

import shutil

import pytest

from snnconv.cli.terminal import Terminal


def test_no_part_of_a_table_reaches_the_terminal_raw(capsys) -> None:
    Terminal(json=False, quiet=False, threads=1, seed=0).table(
        "title\x1b[31m", ("column\x1b[32m", "number"), [("cell\x1b[33m", "1")], note="note\x1b[34m\r"
    )
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "\r" not in out
    for text in ("title\\x1b[31m", "column\\x1b[32m", "cell\\x1b[33m", "note\\x1b[34m\\r"):
        assert text in out


@pytest.mark.parametrize("name", ["digits.snn", "digits.calib"])
def test_the_name_of_an_inspected_file_is_escaped(name, snnconv, made, tmp_path) -> None:
    path = tmp_path / f"a\x1b[31m{name}"
    shutil.copy(made / name, path)
    found = snnconv("inspect", path)
    assert found.code == 0, found
    assert "\x1b" not in found.out
    assert f"a\\x1b[31m{name}" in found.out
