"""What energy profiles are made of: prices with their sources, and the small values around them."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, PositiveInt, model_validator

Pj = Annotated[FiniteFloat, Field(ge=0)]
"""An energy in pJ."""
PositiveFinite = Annotated[FiniteFloat, Field(gt=0)]
Text = Annotated[str, Field(min_length=1)]


class Record(BaseModel):
    """A part of a profile: never changed, no field but the known ones."""

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
    """Read in a publication that repeats it; `where` says how it was found, if that is known."""


class OperationUnit(StrEnum):
    """What one operation of the ReLU network is."""

    MAC = "MAC"
    """A multiplication and the addition of its result."""
    FLOP = "FLOP"
    """A floating-point operation; `AnnSide.flops_per_mac` says how many a MAC takes."""


class Technology(Record):
    """A kind of circuit."""

    technology: Text
    technology_nm: PositiveFinite | None = None
    """Feature size of the process in nm; None where the source does not say, or speaks of several."""

    @property
    def of_circuit(self) -> tuple[str, float | None]:
        """What must be equal for two sides to share a technology."""
        return self.technology, self.technology_nm


class Price(Record):
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
    technology: Technology | None = None
    """Where the figure is of another circuit than the side it stands in."""

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


class Precision(Record):
    """The number types that the prices are for, where the source says so."""

    weight_bits: PositiveInt | None = None
    state_bits: PositiveInt | None = None
    """Of activations in the ReLU network, of membranes in the spiking network."""
    floating_point: bool = False


class Source(Record):
    """A publication or data sheet."""

    key: Text
    cite: Text
    doi: str | None = None
