"""The hardware that an energy profile prices: one side for each network, and the quantised twin."""

from typing import Final, Self

from pydantic import Field, PositiveInt, model_validator

from snnconv.reporting.energy.parts import OperationUnit, PositiveFinite, Precision, Price, Record, Technology

INCLUDED_IN_UPDATE: Final = ("bias_add", "membrane_add", "leak", "comparison", "reset")
"""Operations that `SnnPrices.neuron_update` stands for."""


class AnnPrices(Record):
    """Prices for the ReLU network: the one that its unit names."""

    mac: Price | None = None
    flop: Price | None = None


class SnnPrices(Record):
    """Prices for the spiking network. None: the cost is not known, and the operation is not priced."""

    synop: Price | None = None
    """A synaptic operation."""
    mac: Price | None = None
    """A multiply-accumulate on a current."""
    bias_add: Price | None = None
    membrane_add: Price | None = None
    """The addition of a step's current to a membrane."""
    leak: Price | None = None
    """The multiplication of a membrane by its leak."""
    comparison: Price | None = None
    """A membrane with its threshold."""
    reset: Price | None = None
    pooling_add: Price | None = None
    readout_add: Price | None = None
    neuron_update: Price | None = None
    """All of `INCLUDED_IN_UPDATE` for one neuron and step, as chips publish it."""
    spike: Price | None = None
    """A spike that a neuron emits, and its way to its readers."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not self.by_operation:
            raise ValueError("at least one operation must have a price, found none")
        twice = [name for name in INCLUDED_IN_UPDATE if getattr(self, name) is not None]
        if self.neuron_update is not None and twice:
            raise ValueError(f"neuron_update stands for {', '.join(twice)} too: give one or the other")
        return self

    @property
    def by_operation(self) -> dict[str, Price]:
        """The prices that there are."""
        found = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: price for name, price in found.items() if price is not None}


class AnnSide(Technology):
    """Hardware for the ReLU network."""

    unit: OperationUnit
    flops_per_mac: PositiveFinite = 1.0
    """How many priced FLOPs one MAC takes. Sources that call a MAC a FLOP have 1, vendors count 2."""
    precision: Precision | None = None
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


class SnnSide(Technology):
    """Hardware for the spiking network."""

    precision: Precision | None = None
    prices: SnnPrices


class QuantisedPrice(Record):
    """A MAC on activations of at most some bits."""

    max_bits: PositiveInt
    mac: Price


class QuantisedSide(Technology):
    """Hardware for the ReLU network with activations of few bits."""

    prices: tuple[QuantisedPrice, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        bits = [entry.max_bits for entry in self.prices]
        if bits != sorted(set(bits)):
            raise ValueError(f"max_bits must ascend, found {', '.join(map(str, bits))}")
        return self

    def price(self, bits: int) -> QuantisedPrice | None:
        """Give the price of a MAC on activations of `bits` bits, or of the next more; None where they are too many."""
        return next((entry for entry in self.prices if bits <= entry.max_bits), None)
