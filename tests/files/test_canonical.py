"""One text for one value, and nothing that JSON does not have."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnconv.errors import InputError
from snnconv.files import canonical

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def test_keys_are_sorted_without_spaces_in_ascii() -> None:
    assert canonical.dumps({"b": [1, 2.5], "a": "λ"}) == '{"a":"\\u03bb","b":[1,2.5]}'


@given(VALUES)
def test_what_is_written_is_read(value: object) -> None:
    text = canonical.dumps(value)
    assert canonical.loads(text) == value
    assert canonical.dumps(canonical.loads(text)) == text


@given(st.binary(max_size=40) | st.text(max_size=40))
def test_any_bytes_are_read_or_refused(data: bytes | str) -> None:
    try:
        value = canonical.loads(data)
    except InputError:
        return
    assert value == json.loads(data)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_nan_and_infinity_are_not_written(value: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical.dumps({"a": value})


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_nan_and_infinity_are_not_read(word: str) -> None:
    with pytest.raises(InputError) as caught:
        canonical.loads(f"[{word}]")
    assert str(caught.value) == f"JSON with {word}, which is not a number that a file may hold"


def test_duplicate_keys_are_named_at_any_depth() -> None:
    with pytest.raises(InputError, match=r"^JSON with duplicate keys: b, c$"):
        canonical.loads('{"a": [{"c": 1, "b": 2, "b": 3, "c": 4}]}')


@pytest.mark.parametrize(
    "text",
    ["", "{", b"\xff\xfe\xff", "[" * 100_000, "1" * 5000],
    ids=["empty", "cut", "bytes", "deep", "digits"],
)
def test_other_faults_are_not_valid_json(text: str | bytes) -> None:
    with pytest.raises(InputError, match=r"^not valid JSON: "):
        canonical.loads(text)
