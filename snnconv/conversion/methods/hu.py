"""Hu, Tang and Pan's Spiking ResNet: normalised shortcuts and compensated propagation errors.

    λ_l = the 99.9th percentile of the activations of layer l           (text after Eq. 2)
    W′ = W λ_in/λ_out, b′ = b/λ_out, shortcuts λ_in/λ_out               (Eq. 2-6)
    W″ = W′ ζ, with 1 < ζ < τ_max                                        (Eq. 14)

The revised paper has one ζ for the network (`Compensation.SEARCH`), the first version one for each layer
(`Compensation.LAYERWISE`). With compensation both print the same results, so the papers do not tell them apart.

References
----------
Hu, Tang, Pan: Spiking Deep Residual Networks, sections 3.1 to 3.3. Hu, Tang, Wang, Pan: Spiking Deep Residual Network,
section 3.3.
"""

from snnconv.calibration.calibration import Calibration
from snnconv.choices import Compensation
from snnconv.conversion.compensation.layerwise import layerwise
from snnconv.conversion.compensation.search import search
from snnconv.conversion.convert import convert as build
from snnconv.conversion.converted import Converted, noted
from snnconv.conversion.options import ConversionOptions
from snnconv.conversion.samples import Samples
from snnconv.graph.graph import Graph
from snnconv.ir.network import SpikingNetwork
from snnconv.transforms.factors import Factors

_SEARCH_IMAGES = 64
_LAYERWISE_IMAGES = 32


def samples(options: ConversionOptions) -> int:
    """Give how many images are looked at by default; 0 without a search."""
    images = {Compensation.SEARCH: _SEARCH_IMAGES, Compensation.LAYERWISE: _LAYERWISE_IMAGES}
    return 0 if isinstance(options.compensation, float) else images.get(options.compensation, 0)


def purpose(options: ConversionOptions) -> str:
    """Say what the images are for, and how to do without."""
    mode = options.compensation
    return f"--compensation {mode} tries factors on training images; give some with --data, or --compensation none"


def convert(graph: Graph, calibration: Calibration, given: Samples | None, options: ConversionOptions) -> Converted:
    """Convert a graph; see `Method`."""

    def built(factors: Factors) -> SpikingNetwork:
        return build(graph, calibration, options, factors=factors)

    if given is None:
        return Converted(build(graph, calibration, options))
    if options.compensation is Compensation.LAYERWISE:
        found, record = layerwise(built, given, options)
        return Converted(noted(built(found), {"factors": dict(found.layers)}), record=record)
    one = search(built, given, options)
    return Converted(noted(built(Factors(one.factor)), {"factor": one.factor}), record=one)
