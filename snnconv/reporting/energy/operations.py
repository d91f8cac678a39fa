"""The operations of both networks, with the prices of a profile."""

from typing import Final, NamedTuple

from snnconv.reporting.counts import AnnCounts, SnnCounts
from snnconv.reporting.energy.items import Account, Grows, Item
from snnconv.reporting.energy.parts import OperationUnit, Price
from snnconv.reporting.energy.sides import INCLUDED_IN_UPDATE, AnnSide, SnnPrices

ALWAYS_LEFT_OUT: Final = ("bias additions, pooling, ReLU and shortcut additions of the ReLU network",)
"""What is not counted under any profile."""


class _Operation(NamedTuple):
    name: str
    """In `SnnPrices`."""
    counted: str
    """In `SnnCounts`."""
    grows: Grows
    text: str


_OPERATIONS: Final = (
    _Operation("synop", "synops", Grows.WITH_SYNOPS, "synaptic operations"),
    _Operation("mac", "macs_once", Grows.WITH_STEPS, "MACs on currents"),
    _Operation("bias_add", "bias_adds", Grows.WITH_STEPS, "additions of a bias"),
    _Operation("membrane_add", "membrane_adds", Grows.WITH_STEPS, "additions of a current to a membrane"),
    _Operation("leak", "leaks", Grows.WITH_STEPS, "multiplications of a membrane by its leak"),
    _Operation("comparison", "comparisons", Grows.WITH_STEPS, "comparisons of a membrane with its threshold"),
    _Operation("reset", "resets", Grows.WITH_SPIKES, "resets"),
    _Operation("pooling_add", "pooling_adds", Grows.WITH_SPIKES, "additions in pools"),
    _Operation("readout_add", "readout_adds", Grows.WITH_STEPS, "additions of the readout"),
    _Operation("neuron_update", "membrane_adds", Grows.WITH_STEPS, "updates of a neuron"),
    _Operation("spike", "spikes", Grows.WITH_SPIKES, "spikes sent to their readers"),
)
_UNEVEN: Final = "pooling_add"
"""None in `SnnCounts` of any run where windows share spikes unevenly, not only of older ones."""


def ann_account(side: AnnSide, counts: AnnCounts) -> Account:
    """Give the operations of the ReLU network: its MACs, in the unit of the price."""
    if side.unit is OperationUnit.MAC:
        return Account((Item("mac", counts.macs, side.price),))
    return Account((Item("flop", counts.macs * side.flops_per_mac, side.price),))


def snn_account(prices: SnnPrices, counts: SnnCounts, at_once: bool = False) -> Account:
    """Give the operations of the spiking network.

    Where a profile prices updates of a neuron, the operations that these stand for do not appear, nor, `at_once`, does
    the addition of a step's current to a membrane: each SynOp is added there by itself then. Of the others, all that
    there are appear, with a price or without, and SynOps always.
    """
    known = prices.by_operation
    updates = prices.neuron_update is not None
    items: list[Item] = []
    left_out: list[str] = []
    counted = True
    for operation in _OPERATIONS:
        if operation.name == "neuron_update" if not updates else operation.name in INCLUDED_IN_UPDATE:
            continue
        if at_once and operation.name == "membrane_add":
            continue
        count = getattr(counts, operation.counted)
        if count is None:
            uneven = operation.name == _UNEVEN and counts.readout_adds is not None
            why = "not counted, windows share spikes unevenly" if uneven else "not counted in this run, which is older"
            counted &= uneven or operation.name not in known
            left_out.append(f"{operation.text} of the spiking network: {why}")
            continue
        price: Price | None = known.get(operation.name)
        if not count and operation.name != "synop":
            continue
        items.append(Item(operation.name, count, price, operation.grows))
        if price is None:
            left_out.append(
                f"{count:,.0f} {operation.text} per image of the spiking network{_again(operation, counts)}"
            )
    return Account(tuple(items), tuple(left_out), counted)


def without_side(counts: SnnCounts) -> str:
    """Say what a profile without a price for the spiking network leaves out."""
    return (
        f"the spiking network: {counts.synops:,.0f} SynOps and {counts.macs_once:,} MACs on currents per image, and "
        "what its neurons do"
    )


def _again(operation: _Operation, counts: SnnCounts) -> str:
    if operation.name != "mac" or counts.macs_each_step == counts.macs_once:
        return ""
    return f" ({counts.macs_each_step:,} with constant currents made anew at every step)"
