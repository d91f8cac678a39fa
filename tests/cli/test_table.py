"""How wide the columns of a table are."""

import pytest

from snnconv.cli.table import rendered

HEADS = ("name", "what it is", "n")
ROWS = [("a_name_of_20_letters", "words and more words, of which there are many", "1,234,567"), ("b", "", "1")]


def lines(**options) -> list[str]:
    return [line.rstrip() for line in rendered("title", HEADS, ROWS, 2, **options).splitlines()]


def test_without_a_width_a_pipe_takes_what_is_needed() -> None:
    assert any("words and more words, of which there are many  1,234,567" in line for line in lines())


@pytest.mark.parametrize("width", [50, 60, 70])
def test_texts_give_way_and_keep_all_their_words(width) -> None:
    shown = lines(width=width)
    assert max(map(len, shown)) <= width
    text = " ".join(" ".join(shown).split())
    assert "a_name_of_20_letters" in text
    assert "1,234,567" in text
    for word in ROWS[0][1].split():
        assert word in text


def test_numbers_and_words_are_never_broken() -> None:
    shown = lines(width=10)
    assert any(line.split()[:1] == ["a_name_of_20_letters"] and line.endswith("1,234,567") for line in shown)
    assert max(map(len, shown)) > 10


def test_a_word_that_is_too_long_goes_on_in_the_next_line() -> None:
    shown = rendered("", ("", ""), [("file", "x" * 200)], 2, width=80)
    assert max(len(line.rstrip()) for line in shown.splitlines()) <= 80
    assert shown.count("x") == 200


def test_a_table_without_rows() -> None:
    assert "title" in rendered("title", HEADS, [], 2, width=80)
