"""Names that need not be text."""

import json

from pydantic import BaseModel

from snnconv.files.names import as_json, plain, plain_values


def test_bytes_that_are_no_utf8_become_their_escapes() -> None:
    assert plain("a\udcff\ud800b") == r"a\udcff\ud800b"


def test_other_names_stay() -> None:
    for name in ("", "Größe λ 𝛌.npz", "a\x1b[31m", r"a\udcff"):
        assert plain(name) == name


def test_values_within_values() -> None:
    value = {"k\udcff": ["a\udcff", 1, None, True, ("b\udcff",)], "plain": 0.5}
    assert plain_values(value) == {r"k\udcff": [r"a\udcff", 1, None, True, [r"b\udcff"]], "plain": 0.5}


class Named(BaseModel):
    name: str
    rates: dict[str, float]


def test_a_model_with_a_name_that_is_no_text_is_json_all_the_same() -> None:
    text = as_json(Named(name="a\udcff", rates={"b": 0.1}))
    assert json.loads(text) == {"name": "a\\udcff", "rates": {"b": 0.1}}
    text.encode()
    plain_one = Named(name="a é", rates={"b": 1e-7})
    assert as_json(plain_one) == plain_one.model_dump_json(indent=2)
