"""The options of a diagnosis."""

from pydantic import BaseModel, ConfigDict, NonNegativeInt, PositiveInt

from snnconv.choices import BackendName, Layout
from snnconv.files.sizes import MEMORY_LIMIT

SAMPLES = 64
"""Images, where nothing else is asked for."""

TOLERANCE = 0.01
"""What a layer's mean |error| may be beyond what T steps lose at least: 1 % of λ."""


class DiagnoseOptions(BaseModel):
    """Options of a diagnosis.

    Attributes
    ----------
    samples : int, optional
        Use the first so many images; None takes 64, or all where there are fewer.
    steps : int, optional
        T; None takes the network's.
    tolerance : float
        What the mean |error| of a layer may be beyond what T steps lose at least, as a part of λ.
    backend : BackendName
    layout : Layout
        Order of an array's axes.
    threads : int
        0 takes one for each core. The result does not depend on it.
    seed : int
        Of a Poisson input.
    memory_limit : int
        Bytes that one image and one step may need, the counts of all steps, and the tensors of the reference.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    samples: PositiveInt | None = None
    steps: PositiveInt | None = None
    tolerance: float = TOLERANCE
    backend: BackendName = BackendName.AUTO
    layout: Layout = Layout.AUTO
    threads: NonNegativeInt = 0
    seed: NonNegativeInt = 0
    memory_limit: PositiveInt = MEMORY_LIMIT
