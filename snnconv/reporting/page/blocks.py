"""What a section of the page is made of; the templates know these and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from snnconv.reporting.page.download import Download


@dataclass(frozen=True)
class Table:
    """Rows with a name in their first column.

    Attributes
    ----------
    caption : str
    head : tuple of str
    rows : tuple of tuple of str
    texts : frozenset of int
        Columns that hold words: set from the left. The first always is one.
    folded : bool
        Shown on demand: it repeats a picture, or is long.
    wide : bool
        It takes the whole width.
    """

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    texts: frozenset[int] = frozenset()
    folded: bool = False
    wide: bool = True
    kind: str = field(default="table", init=False)


@dataclass(frozen=True)
class Figure:
    """A picture with its words and its data."""

    svg: Markup
    caption: str
    data: Download | None = None
    table: Table | None = None
    wide: bool = False
    """It takes the whole width."""
    kind: str = field(default="figure", init=False)


@dataclass(frozen=True)
class Panel:
    """One of many small pictures."""

    svg: Markup
    name: str
    note: str


@dataclass(frozen=True)
class Multiples:
    """Small pictures of one kind, side by side."""

    panels: tuple[Panel, ...]
    caption: str
    data: Download | None = None
    heading: str = ""
    kind: str = field(default="multiples", init=False)


@dataclass(frozen=True)
class Note:
    """A paragraph; `missing` is what the page cannot show, and how to get it."""

    text: str
    missing: bool = False
    kind: str = field(default="note", init=False)


@dataclass(frozen=True)
class Facts:
    """Names and values."""

    items: tuple[tuple[str, str, str], ...]
    """(name, value, what else there is to say)."""
    look: str = "facts"
    """``facts``, ``big`` or ``card``: sentences, a row of large numbers, or short values in two columns."""
    heading: str = ""
    kind: str = field(default="facts", init=False)


@dataclass(frozen=True)
class Listing:
    """Lines of fixed width: a command, an entry of a bibliography."""

    heading: str
    lines: tuple[str, ...]
    kind: str = field(default="listing", init=False)


Block = Table | Figure | Multiples | Note | Facts | Listing


@dataclass(frozen=True)
class Section:
    """A part of the page with a heading.

    Attributes
    ----------
    name : str
        Its id.
    title : str
    lead : str
        What one sees here, in a sentence or two.
    blocks : sequence of Block
    """

    name: str
    title: str
    lead: str
    blocks: Sequence[Block]
