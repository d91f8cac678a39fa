"""Graph + λ -> SpikingNetwork: scale propagation, compensation factors, the form of the scales, exact grids.

This is what all methods share. What λ and which factors a published method takes is said in ``methods/``.
"""

from collections.abc import Mapping

from snnconv import __version__
from snnconv.calibration.calibration import Calibration
from snnconv.choices import Form, Preset
from snnconv.conversion.fits import check_fits
from snnconv.conversion.options import ConversionOptions
from snnconv.conversion.propagate import propagate
from snnconv.conversion.scales import Scales, Scaling
from snnconv.conversion.threshold_form import balance_thresholds
from snnconv.graph.graph import Graph
from snnconv.ir.check import check
from snnconv.ir.manifest import Provenance
from snnconv.ir.network import SpikingNetwork, topological_order
from snnconv.transforms.exact_sums import exact_sums
from snnconv.transforms.factors import Factors, multiply

_RUECKAUER = (
    "B. Rueckauer, I.-A. Lungu, Y. Hu, M. Pfeiffer, S.-C. Liu. Conversion of Continuous-Valued Deep Networks to "
    "Efficient Event-Driven Networks for Image Classification. Frontiers in Neuroscience 11:682, 2017."
)
CITATIONS: Mapping[Preset, tuple[str, ...]] = {
    Preset.PAPER: ("Y. Hu, H. Tang, G. Pan. Spiking Deep Residual Networks. arXiv:1805.01352.", _RUECKAUER),
    Preset.SPIKE_NORM: (
        "A. Sengupta, Y. Ye, R. Wang, C. Liu, K. Roy. Going Deeper in Spiking Neural Networks: VGG and Residual "
        "Architectures. Frontiers in Neuroscience 13:95, 2019.",
    ),
}


def convert(
    graph: Graph,
    calibration: Calibration,
    options: ConversionOptions,
    calibration_sha256: str | None = None,
    scales: Scaling | None = None,
    factors: Factors | None = None,
) -> SpikingNetwork:
    """Turn a ReLU network into a spiking network.

    Parameters
    ----------
    graph : Graph
        After the passes: no BatchNorm is left.
    calibration : Calibration
        Measured on the same model file.
    options : ConversionOptions
        Percentile, shortcut, readout and the rest; a compensation that has to be searched is left to `factors`.
    calibration_sha256 : str, optional
        Hash of the calibration's file, for the record.
    scales : Scaling, optional
        λ of each layer of neurons; by default the calibration's percentiles.
    factors : Factors, optional
        ζ of each layer of neurons; by default 1, or the number that the options name.

    Returns
    -------
    SpikingNetwork
        IF neurons, weights on exact grids.

    Raises
    ------
    CalibrationError
        If the calibration does not fit the model, or its images are all zero.
    ModelError
        If a part of the model has no spiking form, or a name that is too long.
    """
    check_fits(calibration, graph)
    built = propagate(graph, scales or Scales(calibration, options), options, calibration.input_amplitude)
    if factors is None and isinstance(options.compensation, float):
        factors = Factors(everywhere=options.compensation)
    if factors is not None:
        multiply(built, factors, biases=options.compensate_biases)
    if options.form is Form.THRESHOLDS:
        balance_thresholds(built)
    network = SpikingNetwork(
        nodes=topological_order(built.nodes, built.edges),
        edges=tuple(built.edges),
        tensors=built.tensors,
        steps=options.steps,
        preprocessing=calibration.preprocessing,
        classes=calibration.classes,
        encoding=options.encoding,
        provenance=Provenance(
            tool=f"snnconv {__version__}",
            source_name=graph.name,
            source_sha256=graph.sha256,
            calibration_sha256=calibration_sha256,
            method=options.preset.value,
            options=options.model_dump(mode="json"),
            citations=CITATIONS[options.preset],
        ),
    )
    return check(exact_sums(network))
