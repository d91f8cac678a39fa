"""What flows along the edges: spikes, graded spikes or currents, and what of it is constant in time.

Nothing in the file declares it: it follows from the node that made it.
"""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Kind of a value between two nodes."""

    SPIKES = "spikes"
    GRADED = "graded spikes"
    CURRENT = "current"


@dataclass(frozen=True)
class Flow:
    """What a node gives to its readers.

    Attributes
    ----------
    kind : Kind
        Spikes, graded spikes or current.
    constant : bool
        Whether it is the same at every step.
    least, largest : float
        Between what a spike or graded spike lies, zero included; NaN for a current, whose size depends on the data.
    carries : float or None
        What every spike carries, where that is one number; None where spikes differ or are signed, and for all else.
    train : bool
        Whether it is the Poisson train of the image, or spikes moved or added up from it alone: signed, and each
        stands for λ_x, so that weights that read it are w · λ_x. One spike is one synaptic operation per synapse.
    """

    kind: Kind
    constant: bool
    least: float = float("nan")
    largest: float = float("nan")
    carries: float | None = None
    train: bool = False

    @property
    def narrow(self) -> bool:
        """Whether sums of it fit in float32; weights of the train of the image are on the grid of a current."""
        return self.kind is Kind.SPIKES and not self.train
