"""Files of JSON with a digest: read as they were written, or refused."""

import json
from pathlib import Path

import pytest

from snnconv.errors import FileMissingError, ForeignFileError, InputError
from snnconv.files import sealed

CONTENT = {"format": "snnconv.test", "version": 1, "list": [1, 0.1 + 0.2, "λ", None], "more": {"a": True}}
REMEDY = "make it once more"


def read(path: Path) -> dict[str, object]:
    return sealed.read(path, "snnconv.test", 1, REMEDY)


@pytest.mark.parametrize("indent", [None, 2])
def test_what_is_written_is_read_however_it_is_laid_out(indent: int | None, tmp_path: Path) -> None:
    path = tmp_path / "file"
    sealed.write(path, CONTENT, indent)
    assert path.read_bytes().isascii()
    assert path.read_text().count("\n") == (1 if indent is None else 14)
    assert read(path) == CONTENT
    # the digest is of what it says: spaces and the order of keys say nothing
    path.write_text(json.dumps(dict(reversed(json.loads(path.read_text()).items())), indent=7))
    assert read(path) == CONTENT


def test_the_digest_is_that_of_the_canonical_text(tmp_path: Path) -> None:
    sealed.write(tmp_path / "file", {"version": 1, "format": "a"})
    # printf '{"format":"a","version":1}' | sha256sum
    expected = "f2e502814718896c4293d584449fc6a73f6e6172526844dc8b9ac714882ebd17"
    assert json.loads((tmp_path / "file").read_text())["digest"] == expected


def test_any_changed_byte_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "file"
    # without a number of 17 digits, whose last one may say the same
    sealed.write(path, CONTENT | {"list": [1, 0.25, "λ", None]})
    whole = path.read_bytes()
    for place, byte in enumerate(whole):
        for changed in {byte ^ 1, byte ^ 16, byte ^ 128} - {0x0A, 0x0D, 0x09, 0x20}:
            path.write_bytes(whole[:place] + bytes([changed]) + whole[place + 1 :])
            with pytest.raises(InputError, match=rf"^{path} .*(?:; {REMEDY}|: upgrade snnconv)$"):
                read(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is damaged: not valid JSON: "),
        (b"[1]", "is damaged: it holds no JSON object; "),
        (b'{"format": "other", "version": 1}', "is damaged: its format is 'other', expected 'snnconv.test'; "),
        (b'{"format": "%s"}' % (b"o" * 10**6), f"is damaged: its format is '{'o' * 59}…, expected 'snnconv.test'; "),
        (b" " * (sealed.MAX_BYTES + 1), f"is damaged: it has more than {sealed.MAX_BYTES} bytes; "),
    ],
    ids=["empty", "list", "other", "long", "large"],
)
def test_what_cannot_be_told_to_be_ours_is_foreign(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(ForeignFileError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path} {message}")
    assert str(caught.value).endswith(f"; {REMEDY}")
    assert len(str(caught.value)) < 400


def test_versions_and_missing_digests(tmp_path: Path) -> None:
    path = tmp_path / "file"
    sealed.write(path, CONTENT | {"version": 2})
    with pytest.raises(InputError, match=r" has snnconv.test version 2, this snnconv reads up to 1: upgrade snnconv$"):
        read(path)
    for version in (0, -1, True, None, "1", 1.0):
        sealed.write(path, CONTENT | {"version": version})
        with pytest.raises(InputError, match=rf" has no valid format version: found {version!r}; {REMEDY}$"):
            read(path)
    path.write_text(json.dumps(CONTENT))
    with pytest.raises(InputError, match=rf" was changed, or is of an early snnconv: it has no digest; {REMEDY}$"):
        read(path)


def test_no_file_and_no_plain_file(tmp_path: Path) -> None:
    with pytest.raises(FileMissingError, match=r"none does not exist$"):
        read(tmp_path / "none")
    with pytest.raises(ForeignFileError, match=r"Is a directory"):
        read(tmp_path)
