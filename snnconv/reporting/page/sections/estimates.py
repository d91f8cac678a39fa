"""Estimated energies as text, with what makes a figure more or less than it looks."""

from snnconv.reporting.energy.estimate import BreakEvenNote, EnergyEstimate, EnergySide
from snnconv.reporting.page.text import energy, significant

OLDER = "the run is older: repeat simulate with --overwrite"
BREAK_EVENS = (
    "“never”: the other operations alone cost as much as the ReLU network, so nothing is low enough. “any”: nothing is "
    "too high; a rate above 1 is out of reach for neurons that fire at most once a step. “–”: a network or the SynOp "
    "is not priced, or not all was counted."
)
TWIN = (
    "The quantised ANN has activations of ⌈log₂(T + 1)⌉ bits: as many levels as a rate over T steps has. Where so many "
    "bits are priced as more, no price between is published: the estimate for the quantised ANN is then too high, and "
    "its ratio flatters the spiking network."
)
LOWER_BOUND = (
    f"≥ marks lower bounds: this run did not count all that a profile prices, since {OLDER}. Such a sum has no ratio "
    "and no break-even."
)


def total(side: EnergySide) -> str:
    """Give an estimate; of a sum that lacks something, that it is a lower bound."""
    return f"{'≈' if side.counted else '≥'} {energy(side.uj)}"


def ranged(side: EnergySide | None) -> str:
    """Give an estimate with its range."""
    if side is None:
        return "not priced"
    if not side.counted:
        return f"{total(side)} ({OLDER})"
    if side.uj_low == side.uj == side.uj_high:
        return total(side)
    return f"{total(side)} ({energy(side.uj_low)} to {energy(side.uj_high)})"


def approximately(value: float | None) -> str:
    """Give an estimated number."""
    return "–" if value is None else f"≈ {significant(value)}"


def break_even(value: float | None, note: BreakEvenNote | None) -> str:
    """Give a break-even figure, or why there is none."""
    if note is BreakEvenNote.NEVER:
        return "never"
    if note is BreakEvenNote.ANY:
        return "any" if value is None else f"any ({approximately(value)})"
    return approximately(value)


def twin_bits(one: EnergyEstimate) -> str:
    """Say how many bits the quantised network has, and which price it takes; nothing where it is not priced."""
    if one.quantised_priced_bits is None:
        return ""
    bits = f"{one.quantised_bits} bit{'' if one.quantised_bits == 1 else 's'}"
    return bits if one.quantised_bits == one.quantised_priced_bits else f"{bits} priced as {one.quantised_priced_bits}"
