"""The energy of one image, as a result: `EnergyEstimate`."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from snnconv.reporting.energy.parts import Status
from snnconv.reporting.energy.profile import Kind


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BreakEvenNote(StrEnum):
    """What there is to say of a break-even figure."""

    NEVER = "never"
    """No figure is low enough: the other operations alone cost as much as the ReLU network."""
    ANY = "any"
    """No figure is too high. Of a rate: it is above 1, which no neuron that fires at most once a step reaches."""
    UNKNOWN = "unknown"
    """A network or the SynOp is not priced, or not all was counted, or there are no spikes or SynOps to scale,
    or no MACs to compare with."""


class BreakEvenNotes(_Record):
    """One for each break-even figure; None where the figure says it all."""

    pj_per_synop: BreakEvenNote | None
    synops_per_mac: BreakEvenNote | None
    rate: BreakEvenNote | None


class EnergyLine(_Record):
    """One kind of operation: count times price."""

    operation: str
    """A field of `SnnPrices`; `mac` or `flop` of the ReLU network; or an access of a memory model (`weight_read` …)."""
    count: float
    """For one image."""
    pj: float | None
    """Per operation; the mean where memories of several sizes have several prices. None: not priced."""
    uj: float | None
    uj_low: float | None
    uj_high: float | None
    """With the ends of the price's range; both equal `uj` where there is none."""
    status: Status | None
    source: str | None
    """Key of one of the profile's sources."""
    where: str | None


class EnergySide(_Record):
    """One network: the sum of the lines that have a price."""

    uj: float
    uj_low: float
    uj_high: float
    lines: tuple[EnergyLine, ...]
    technology: str
    technology_nm: float | None
    """None where the profile's source does not say, or speaks of several."""
    counted: bool
    """Whether the run counted all that has a price. An older run may not have: its sum is a lower bound then."""


class EnergyEstimate(_Record):
    """Energy for one image, the spiking network run to its last step. An estimate, not a measurement."""

    profile_id: str
    profile_title: str
    kind: Kind
    mixed_technology: bool
    """Whether `ratio` compares technologies as well as networks."""
    steps: int
    ann: EnergySide | None
    """The ReLU network; None where the profile does not price it."""
    snn: EnergySide | None
    """The spiking network; None where the profile does not price it."""
    quantised: EnergySide | None
    """The ReLU network with activations of `quantised_bits` bits; None without a price for so many."""
    quantised_bits: int
    """ceil(log2(steps + 1)): what tells steps + 1 numbers of spikes apart, priced or not."""
    quantised_priced_bits: int | None
    """How many bits the price of `quantised` is for. More than `quantised_bits` where no price between is published:
    the quantised network is then priced too high. None where it is not priced."""
    ann_uj_padded: float | None
    """`ann.uj` with MACs on padding counted, as most papers do."""
    ann_uj_two_flops_per_mac: float | None
    """`ann.uj` if a MAC takes two priced FLOPs; None where the price is for a MAC."""
    snn_uj_recomputed: float | None
    """`snn.uj` with constant currents made anew at every step; None where such MACs have no price."""
    ratio: float | None
    """`ann.uj` / `snn.uj`: above 1 the spiking network takes less. None where either is not priced or not counted, and
    where the ReLU network makes no MACs."""
    ratio_quantised: float | None
    """`quantised.uj` / `snn.uj`."""
    break_even_pj_per_synop: float | None
    """A SynOp must cost less than this for the spiking network to take less than the ReLU network.

    All its other priced operations are paid first. None where `break_even_notes` says why.
    """
    break_even_synops_per_mac: float | None
    """SynOps per MAC of the ReLU network at which both cost the same, all else equal.

    Accesses to memory that a SynOp makes go with it. None where `break_even_notes` says why.
    """
    break_even_rate: float | None
    """Mean firing rate of all neurons, in spikes per neuron and step, at which both cost the same.

    Operations per SynOp and per spike scale with it, operations per step do not. Above 1 no rate is too high for
    neurons that fire at most once a step. None where `break_even_notes` says why.
    """
    break_even_notes: BreakEvenNotes
    not_priced: tuple[str, ...]
    """All that the estimate leaves out."""

    @property
    def lacks_macs(self) -> bool:
        """Whether `ratio` leaves out MACs of the spiking network, which have no price, where the ReLU network pays."""
        if self.snn is None or self.ratio is None:
            return False
        return any(line.operation == "mac" and line.uj is None for line in self.snn.lines)
