"""The images are not like those of the calibration: the scales do not fit them."""

from statistics import median

import numpy as np

from snnconv.choices import Preset
from snnconv.diagnosis.case import Case
from snnconv.diagnosis.command_lines import calibrate_again
from snnconv.diagnosis.model import CauseName, Finding, PartName, Severity

_BEYOND = 0.02
"""Share of activations above λ, beyond what the percentile leaves there, that other data make."""
_LESS, _MORE = 0.5, 1.25
"""The 99.9th percentile of the activations in units of the calibration's, outside which data are other data."""


def find(case: Case) -> Finding | None:
    """Compare the activations with what the percentile promises of the calibration's images."""
    options = case.options
    if options is None or options.preset is not Preset.PAPER:
        return None
    expected = 0.0 if options.nonzero else 1 - options.percentile / 100
    beyond = median(layer.saturated for layer in case.layers)
    used, usual = median(layer.used for layer in case.layers), _usual(case)
    above = not options.nonzero and beyond > max(5 * expected, expected + _BEYOND)
    above = above or (usual is not None and used > _MORE * usual)
    below = usual is not None and 0 < used < _LESS * usual
    if not above and not below:
        return None
    part = PartName.CLIPPING if above or case.part(PartName.RANGE) is None else PartName.RANGE
    found, severity = case.part(part), case.severity(part)
    if found is None or severity is Severity.NONE:
        return None
    evidence = (
        f"{100 * beyond:.1f} % of the activations of the median layer lie above λ, the percentile "
        f"{options.percentile:g} leaves {100 * expected:.2g} % of the calibration's there"
        if usual is None
        else f"the 99.9th percentile of the activations reaches {used:.2g} λ in the median layer, that of the "
        f"calibration {usual:.2g} λ"
    )
    return Finding(
        cause=CauseName.OTHER_DATA,
        layer=None,
        severity=severity,
        lost=case.lost(part),
        error=found.error,
        evidence=f"the images are not like those of the calibration: {evidence}{_range(case)}",
        advice="calibrate on images like these, brought to the model's input in the same way, and convert again",
        command=calibrate_again(case),
    )


def _usual(case: Case) -> float | None:
    """Give what part of λ the calibration's 99.9th percentile used, of the median layer; None where that is unknown."""
    if case.calibration is not None:
        found = []
        for node in case.network.neurons:
            statistics = case.calibration.by_name.get(node.source or "")
            if statistics is not None:
                scale = float(np.mean(case.network.tensor(node.source_scale, 1.0)))
                found.append(statistics.percentile(99.9) / scale)
        return median(found) if found else None
    # at the maximum a single image may have set λ, and of a lower percentile the 99.9th is not known
    return 1.0 if case.options is not None and 99.9 <= case.options.percentile < 100 else None


def _range(case: Case) -> str:
    """Say where the images themselves leave the range of the calibration's."""
    low, high = case.input.low, case.input.high
    if case.calibration is None:
        amplitude = case.network.input.amplitude
        found = float(max(np.abs(low).max(), np.abs(high).max()))
        return "" if amplitude is None else f"; |x| reaches {found:.3g}, that of the calibration {amplitude:.3g}"
    pairs = zip(low, high, case.calibration.input_low, case.calibration.input_high, strict=True)
    said = ", ".join(f"[{a:.3g}, {b:.3g}] beside [{c:.3g}, {d:.3g}]" for a, b, c, d in pairs)
    return f"; the channels of the images range over {said}" if len(low) <= 3 else ""
