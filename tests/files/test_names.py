"""Names that need not be text."""

from snnconv.files.names import plain, plain_values


def test_bytes_that_are_no_utf8_become_their_escapes() -> None:
    assert plain("a\udcff\ud800b") == r"a\udcff\ud800b"


def test_other_names_stay() -> None:
    for name in ("", "Größe λ 𝛌.npz", "a\x1b[31m", r"a\udcff"):
        assert plain(name) == name


def test_values_within_values() -> None:
    value = {"k\udcff": ["a\udcff", 1, None, True, ("b\udcff",)], "plain": 0.5}
    assert plain_values(value) == {r"k\udcff": [r"a\udcff", 1, None, True, [r"b\udcff"]], "plain": 0.5}
