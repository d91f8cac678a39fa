"""The neuron rules that there are, by their names: each is a file of ``snnconv/ir/rules``, and is found there."""

from typing import TYPE_CHECKING, Annotated, Union

from pydantic import Field

from snnconv.ir.rules.rule import Rule
from snnconv.parts import classes

RULES: dict[str, type[Rule]] = classes("snnconv.ir.rules", Rule, "kind")

if TYPE_CHECKING:
    AnyRule = Rule
else:
    AnyRule = Annotated[Union[tuple(RULES.values())], Field(discriminator="kind")]  # noqa: UP007 - made when it runs
    """A rule, as a file has it."""
