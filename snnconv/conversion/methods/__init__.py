"""The published methods: one file each, a function of graph, calibration, samples and options."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from snnconv.calibration.calibration import Calibration
from snnconv.choices import Preset
from snnconv.conversion.converted import Converted
from snnconv.conversion.methods import hu, spike_norm
from snnconv.conversion.options import ConversionOptions
from snnconv.conversion.samples import Samples
from snnconv.errors import UsageError
from snnconv.graph.graph import Graph


@dataclass(frozen=True)
class Method:
    """A published method.

    Attributes
    ----------
    convert : callable
        Graph, calibration, samples and options give the network and what was found. The samples are None where
        `samples` gives 0.
    samples : callable
        How many images it looks at by default, with these options; 0 where it needs none.
    purpose : callable
        What for, as a sentence to somebody who gave none.
    own : tuple of str
        Options that no other method has.
    check : callable, optional
        Refuses options that the method cannot do, with a `UsageError`.
    """

    convert: Callable[[Graph, Calibration, Samples | None, ConversionOptions], Converted]
    samples: Callable[[ConversionOptions], int]
    purpose: Callable[[ConversionOptions], str]
    own: tuple[str, ...] = ()
    check: Callable[[ConversionOptions], None] | None = None


METHODS: Mapping[Preset, Method] = {
    Preset.PAPER: Method(hu.convert, hu.samples, hu.purpose),
    Preset.SPIKE_NORM: Method(
        spike_norm.convert, spike_norm.samples, spike_norm.purpose, spike_norm.OWN, spike_norm.check
    ),
}


def check(options: ConversionOptions) -> None:
    """Refuse options that the method of these options does not have, or cannot do.

    Raises
    ------
    UsageError
        Naming the option.
    """
    usual = ConversionOptions(preset=options.preset)
    for preset, method in METHODS.items():
        for name in method.own:
            if preset is not options.preset and getattr(options, name) != getattr(usual, name):
                raise UsageError(f"--{name} is of --preset {preset}; leave it out, or give that preset")
    refuse = METHODS[options.preset].check
    if refuse is not None:
        refuse(options)
