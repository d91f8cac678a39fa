"""The options of a simulation."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, NonNegativeInt, PositiveInt

from snnconv.choices import BackendName, Encoding, Layout
from snnconv.files.sizes import MEMORY_LIMIT

OBSERVED = 16
"""Images that are observed, where nothing else is asked for."""


class SimulateOptions(BaseModel):
    """Options of a simulation.

    Attributes
    ----------
    steps : int, optional
        T; None takes the network's.
    limit : int, optional
        Simulate the first so many images.
    backend : BackendName
    encoding : Encoding, optional
        None takes the network's.
    reference : Path, optional
        The ONNX model to run beside it.
    layout, labels, classes
        How to read the data; see `snnconv.data.open_images`.
    batch_size : int, optional
        Images at a time in one thread. The result does not depend on it.
    threads : int
        0 takes one for each core.
    seed : int
        Of the spikes of a Poisson input.
    overwrite : bool
        Start anew where the run folder holds a run.
    memory_limit : int
        Bytes that one image and one step may need, the counts of all steps, and the tensors of the reference.
    observe : int
        Of the first so many images, or all where there are fewer, keep what single neurons did; 0 of none. The result
        does not depend on it.
    command_line : tuple of str
        For the record.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    steps: PositiveInt | None = None
    limit: PositiveInt | None = None
    backend: BackendName = BackendName.AUTO
    encoding: Encoding | None = None
    reference: Path | None = None
    layout: Layout = Layout.AUTO
    labels: Path | None = None
    classes: Path | None = None
    batch_size: PositiveInt | None = None
    threads: NonNegativeInt = 0
    seed: NonNegativeInt = 0
    overwrite: bool = False
    memory_limit: PositiveInt = MEMORY_LIMIT
    observe: NonNegativeInt = OBSERVED
    command_line: tuple[str, ...] = ()
