"""An energy profile: what operations cost on named hardware, and where each figure comes from."""

from collections import Counter
from enum import StrEnum
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, model_validator

FORMAT: Final = "snnconv.energy-profile"
VERSION: Final = 1

Pj = Annotated[FiniteFloat, Field(ge=0)]
"""An energy in pJ."""
PositiveFinite = Annotated[FiniteFloat, Field(gt=0)]
Text = Annotated[str, Field(min_length=1)]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Status(StrEnum):
    """How a figure was found."""

    MEASURED = "measured"
    """On the hardware."""
    SIMULATED = "simulated"
    """Of the circuit, before or without the hardware."""
    VENDOR = "vendor"
    """Claimed by who sells the hardware, often a peak."""
    DERIVED = "derived"
    """Worked out from other figures, or a figure of another operation that stands in for this one."""
    QUOTED = "quoted"
    """Repeated by a source that does not say how it was found."""


class OperationUnit(StrEnum):
    """What one operation of the ReLU network is."""

    MAC = "MAC"
    """A multiplication and the addition of its result."""
    FLOP = "FLOP"
    """A floating-point operation; `AnnSide.flops_per_mac` says how many a MAC takes."""


class Price(_Record):
    """The energy of one operation, in pJ."""

    pj: Pj
    low: Pj | None = None
    """The lowest figure in use, if there is a range."""
    high: Pj | None = None
    """The highest figure in use, if there is a range."""
    status: Status
    source: str
    """Key of one of `EnergyProfile.sources`."""
    where: Text
    """Table, section or page in the source."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        low, high = self.bounds
        if not low <= self.pj <= high:
            raise ValueError(f"low, pj and high must be in order, found {low}, {self.pj}, {high}")
        return self

    @property
    def bounds(self) -> tuple[float, float]:
        """The range in pJ; `pj` itself where an end is not given."""
        return (
            self.pj if self.low is None else self.low,
            self.pj if self.high is None else self.high,
        )


class AnnPrices(_Record):
    """Prices for the ReLU network: the one that its unit names."""

    mac: Price | None = None
    flop: Price | None = None


class SnnPrices(_Record):
    """Prices for the spiking network."""

    synop: Price
    mac: Price | None = None
    """For weights that read a current. None: the hardware has no such thing, or its cost is not known."""


class AnnSide(_Record):
    """Hardware for the ReLU network."""

    technology: Text
    technology_nm: PositiveFinite
    """Feature size of the process in nm."""
    unit: OperationUnit
    flops_per_mac: PositiveFinite = 1.0
    """How many priced FLOPs one MAC takes. Sources that call a MAC a FLOP have 1, vendors count 2."""
    prices: AnnPrices

    @model_validator(mode="after")
    def _price_in_unit(self) -> Self:
        given = [unit for unit in OperationUnit if getattr(self.prices, unit.lower()) is not None]
        if given != [self.unit]:
            found = " and ".join(unit.lower() for unit in given) or "none"
            raise ValueError(f"the unit is {self.unit}, so prices must have {self.unit.lower()} alone; found {found}")
        if self.unit is OperationUnit.MAC and self.flops_per_mac != 1:
            raise ValueError("flops_per_mac belongs to the unit FLOP; leave it out for MAC")
        return self

    @property
    def price(self) -> Price:
        """The price of one `unit`."""
        # the validator has seen to it that there is exactly one
        return next(price for price in (self.prices.mac, self.prices.flop) if price is not None)


class SnnSide(_Record):
    """Hardware for the spiking network."""

    technology: Text
    technology_nm: PositiveFinite
    """Feature size of the process in nm."""
    prices: SnnPrices


class Source(_Record):
    """A publication or data sheet."""

    key: Text
    cite: Text
    doi: str | None = None


class EnergyProfile(_Record):
    """What operations cost on named hardware. A side that is absent is not priced."""

    format: Literal["snnconv.energy-profile"] = FORMAT
    version: Literal[1] = VERSION
    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")]
    title: Text
    ann: AnnSide | None = None
    snn: SnnSide | None = None
    omits: tuple[Text, ...]
    """What an estimate with this profile leaves out, beside what `price` always does."""
    sources: tuple[Source, ...] = Field(min_length=1)
    notes: tuple[Text, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.ann is None and self.snn is None:
            raise ValueError("a profile prices at least one side, found neither ann nor snn")
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
            found.append(self.snn.prices.synop)
            if self.snn.prices.mac is not None:
                found.append(self.snn.prices.mac)
        return tuple(found)

    @property
    def mixed_technology(self) -> bool:
        """Whether the two sides are priced on different technologies: their ratio then compares those too."""
        if self.ann is None or self.snn is None:
            return False
        sides = {(side.technology, side.technology_nm) for side in (self.ann, self.snn)}
        return len(sides) > 1
