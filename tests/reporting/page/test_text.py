import pytest
from markupsafe import Markup

from snnconv.reporting.page.names import apart
from snnconv.reporting.page.text import (
    clipped,
    count,
    energy,
    finalize,
    fixed,
    harmless,
    percent,
    percent_range,
    short,
    significant,
)


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("layer1/Relu", "layer1/Relu"),
        ("a\u202eb", "a\\u202eb"),
        ("a\x00\x1b[31m\n", "a\\x00\\x1b[31m\\n"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("\ud800", "\\ud800"),
        ("Schicht ä 層", "Schicht ä 層"),
    ],
)
def test_control_and_format_characters_are_shown_by_their_escapes(name: str, shown: str) -> None:
    assert harmless(name) == shown
    assert finalize(name) == shown


def test_markup_of_our_own_passes() -> None:
    assert finalize(Markup("<b>\n</b>")) == "<b>\n</b>"
    assert finalize(3) == 3


def test_shares_are_given_in_percent() -> None:
    assert plain(percent(0.87624)) == "87.62 %"
    assert plain(percent(1.0, 0)) == "100 %"
    assert plain(percent_range(0.1, 0.25)) == "10.00 to 25.00 %"


def test_numbers() -> None:
    assert [count(v) for v in (0, 1279497653.2, 12.345, 999.5, 64)] == ["0", "1,279,497,653", "12.35", "999.50", "64"]
    assert [fixed(v) for v in (-0.123, -0.001, 1234.5)] == ["−0.12", "0.00", "1,234.50"]
    values = (34.62, 0.0000287, 27_600_000, 1990, 12345, 0.0, -0.05)
    assert [significant(v) for v in values] == ["34.6", "2.87e−5", "2.76e7", "1,990", "12,300", "0", "−0.05"]
    assert [plain(short(v)) for v in (999, 40_108_032, 999_999, 5000, 0.2)] == ["999", "40.1 M", "1 M", "5 k", "0.2"]


def test_energies_get_the_unit_that_fits() -> None:
    values = (27.6e6, 2550, 184.5, 0.5, 0.0002, 0)
    assert [plain(energy(v)) for v in values] == ["27.6 J", "2.55 mJ", "184 µJ", "500 nJ", "200 pJ", "0 pJ"]


def test_a_long_name_is_cut_in_its_middle() -> None:
    assert clipped("abcdefghij", 5) == "ab…ij"
    assert clipped("abcde", 5) == "abcde"


def test_names_of_layers_stay_apart() -> None:
    names = [f"/stages/stage{a}_block{b}/relu{c}/Relu" for a in (1, 2) for b in (1, 2) for c in (1, 2)]
    found = apart([*names, "/relu/Relu", "/classifier/Gemm/neurons"], 22)
    assert found[0] == "…stage1_block1/relu1"
    assert found[-2:] == ["/relu/Relu", "…Gemm/neurons"]
    assert len(set(found)) == len(found)
    assert max(map(len, found)) <= 22


def test_names_that_fit_stay_whole() -> None:
    assert apart(["/layer1/Relu", "/layer2/Relu"], 20) == ["/layer1/Relu", "/layer2/Relu"]


def test_a_name_without_segments_is_cut() -> None:
    assert apart(["x" * 50], 11) == ["xxxxx…xxxxx"]
