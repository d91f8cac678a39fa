"""An energy profile: what operations cost on named hardware, and where each figure comes from."""

from collections import Counter
from enum import StrEnum
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from snnconv.reporting.energy.memory import MemoryModel
from snnconv.reporting.energy.parts import OperationUnit, Price, Record, Source, Status, Technology, Text
from snnconv.reporting.energy.sides import AnnSide, QuantisedSide, SnnSide

__all__ = ["FORMAT", "VERSION", "EnergyProfile", "Kind", "OperationUnit", "Price", "Source", "Status"]

FORMAT: Final = "snnconv.energy-profile"
VERSION: Final = 2


class Kind(StrEnum):
    """What the prices of a profile are of."""

    ARITHMETIC = "arithmetic"
    """Arithmetic circuits alone: a lower bound for either network, not a chip."""
    MEMORY = "memory"
    """Arithmetic, and reading and writing memory."""
    PLATFORM = "platform"
    """A chip or processor, as its makers or others publish it."""
    LITERATURE = "literature"
    """Figures that a publication sets against each other; also what files of version 1 become."""


class EnergyProfile(Record):
    """What operations cost on named hardware. A side that is absent is not priced."""

    format: Literal["snnconv.energy-profile"] = FORMAT
    version: Literal[2] = VERSION
    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")]
    title: Text
    kind: Kind
    ann: AnnSide | None = None
    snn: SnnSide | None = None
    quantised: QuantisedSide | None = None
    """For the ReLU network with activations of ceil(log2(T + 1)) bits, the twin of T steps (Yan et al., 2024)."""
    memory: MemoryModel | None = None
    """Charged to both networks, beside their operations."""
    omits: tuple[Text, ...]
    """What an estimate with this profile leaves out, beside what `price` always does."""
    sources: tuple[Source, ...] = Field(min_length=1)
    notes: tuple[Text, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.ann is None and self.snn is None:
            raise ValueError("a profile prices at least one side, found neither ann nor snn")
        if self.memory is not None and self.quantised is not None:
            # its words would have other sizes, and its accesses would be missing
            raise ValueError("a profile with memory cannot price the quantised network; leave out one of them")
        keys = Counter(source.key for source in self.sources)
        twice = [key for key, count in keys.items() if count > 1]
        if twice:
            raise ValueError(f"source keys must differ, found twice: {', '.join(twice)}")
        unknown = sorted({price.source for price in self.prices} - set(keys))
        if unknown:
            raise ValueError(f"prices name unknown sources {', '.join(unknown)}; known: {', '.join(keys)}")
        return self

    @property
    def prices(self) -> tuple[Price, ...]:
        """All prices."""
        found = [] if self.ann is None else [self.ann.price]
        if self.snn is not None:
            found += self.snn.prices.by_operation.values()
        if self.quantised is not None:
            found += [entry.mac for entry in self.quantised.prices]
        if self.memory is not None:
            found += self.memory.prices
        return tuple(found)

    @property
    def mixed_technology(self) -> bool:
        """Whether prices are of more than one technology: a ratio then compares circuits too, not networks alone."""
        present: list[Technology] = [side for side in (self.ann, self.snn, self.quantised) if side is not None]
        present += [price.technology for price in self.prices if price.technology is not None]
        return len({technology.of_circuit for technology in present}) > 1
