"""The published methods: one file each, a function of graph, calibration, samples and options."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from snnconv.calibration.calibration import Calibration
from snnconv.choices import Preset
from snnconv.conversion.converted import Converted
from snnconv.conversion.methods import hu, spike_norm
from snnconv.conversion.options import ConversionOptions
from snnconv.conversion.samples import Samples
from snnconv.graph.graph import Graph


@dataclass(frozen=True)
class Method:
    """A published method.

    Attributes
    ----------
    convert : callable
        Graph, calibration, samples and options give the network and what was found. The samples are None where
        `samples` gives 0.
    check : callable
        Refuses options that the method does not have, with a `UsageError`.
    samples : callable
        How many images it looks at by default, with these options; 0 where it needs none.
    """

    convert: Callable[[Graph, Calibration, Samples | None, ConversionOptions], Converted]
    check: Callable[[ConversionOptions], None]
    samples: Callable[[ConversionOptions], int]


METHODS: Mapping[Preset, Method] = {
    Preset.PAPER: Method(hu.convert, hu.check, hu.samples),
    Preset.SPIKE_NORM: Method(spike_norm.convert, spike_norm.check, spike_norm.samples),
}


def purpose(options: ConversionOptions) -> str:
    """Say what a method needs its samples for, and how to do without."""
    if options.preset is Preset.SPIKE_NORM:
        return "--preset spike-norm runs the network on training images; give them with --data"
    mode = options.compensation
    return f"--compensation {mode} tries factors on training images; give some with --data, or --compensation none"
