"""Names of layers, shortened so that they still tell layers apart."""

from collections.abc import Sequence

from snnconv.reporting.page.text import clipped

_SEPARATOR = "/"


def apart(names: Sequence[str], length: int) -> list[str]:
    """Shorten names that are too long for a picture.

    Segments between slashes are dropped, those in front first, as long as no other name has what remains; what is
    then still too long is cut in its middle. Names that fit stay whole.

    Parameters
    ----------
    names : sequence of str
    length : int
        Characters that a picture has room for.
    """
    split = [name.split(_SEPARATOR) for name in names]
    return [clipped(_shortened(k, split, length), length) for k in range(len(names))]


def _shortened(index: int, split: Sequence[Sequence[str]], length: int) -> str:
    own = split[index]
    others = [segments for segments in split if segments != own]
    first, last = 0, len(own)

    def text() -> str:
        return ("…" if first else "") + _SEPARATOR.join(own[first:last])

    while len(text()) > length and first + 1 < last and _alone(own[first + 1 : last], others):
        first += 1
    while len(text()) > length and first + 1 < last and _alone(own[first : last - 1], others):
        last -= 1
    return text()


def _alone(part: Sequence[str], others: Sequence[Sequence[str]]) -> bool:
    """Say whether no other name has these segments one after another."""
    wanted, size = list(part), len(part)
    return not any(list(other[k : k + size]) == wanted for other in others for k in range(len(other) - size + 1))
