"""One text for one value, and nothing that JSON does not have."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnconv.errors import InputError
from snnconv.files import canonical

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
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
    ["", "{", b"\xff\xfe\xff", b'"\xed\xa0\x80"'],
    ids=["empty", "cut", "bytes", "a surrogate's bytes"],
)
def test_other_faults_are_not_valid_json(text: str | bytes) -> None:
    with pytest.raises(InputError, match=r"^not valid JSON: "):
        canonical.loads(text)


def test_the_error_of_duplicate_keys_costs_no_more_than_reading() -> None:
    class Key(str):
        compared = 0

        def __eq__(self, other: object) -> bool:
            Key.compared += 1
            return super().__eq__(other)

        __hash__ = str.__hash__

    pairs = [(Key(f"k{index}"), 0) for index in range(2000)]
    with pytest.raises(InputError, match=r"^JSON with duplicate keys: k0$"):
        canonical._unique([*pairs, (Key("k0"), 1)])
    assert Key.compared < 10 * len(pairs)


def test_of_many_duplicate_keys_a_few_are_named() -> None:
    keys = [f'"{name * 100}": 0' for name in "abcdefgh"]
    with pytest.raises(InputError) as caught:
        canonical.loads(f"{{{', '.join([*keys, *keys])}}}")
    assert str(caught.value) == (f"JSON with duplicate keys: {'a' * 40}…, {'b' * 40}…, {'c' * 40}… and 5 more")


@pytest.mark.parametrize("deep", [lambda n: "[" * n + "]" * n, lambda n: '{"a":' * n + "1" + "}" * n])
def test_depth_is_bounded(deep: Callable[[int], str]) -> None:
    canonical.loads(deep(canonical.MAX_DEPTH))
    for depth in (canonical.MAX_DEPTH + 1, 300, 100_000):
        with pytest.raises(InputError, match=r"^JSON nested more than 64 deep$"):
            canonical.loads(deep(depth))


@pytest.mark.parametrize("text", ['["\\ud800"]', '{"\\udc01": 1}', '{"a": [{"b": "x\\udfff"}]}'])
def test_a_lone_surrogate_is_no_text(text: str) -> None:
    with pytest.raises(InputError, match=r"^JSON with a text that is no Unicode: x?\\ud"):
        canonical.loads(text)
    assert canonical.loads('"\\ud83d\\ude00"') == "😀"


@pytest.mark.parametrize("digits", [str(2**64), str(-(2**63) - 1), "9" * 5000], ids=["2^64", "-2^63-1", "long"])
def test_integers_beyond_64_bits_are_not_read(digits: str) -> None:
    with pytest.raises(InputError, match=r"^JSON with an integer of more than 64 bits: -?[0-9]{1,40}…?$"):
        canonical.loads(f"[{digits}]")
    assert canonical.loads(f"[{2**64 - 1}, {-(2**63)}]") == [2**64 - 1, -(2**63)]
