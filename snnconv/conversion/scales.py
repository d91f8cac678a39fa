"""λ of each layer of neurons, from the calibration.

    λ_l = the 99.9th percentile of the activations of layer l

per layer, or per channel: then floored at 1 % of the layer's, and a dead channel takes the layer's. A layer that
fires so rarely that its percentile is 0 takes its largest activation, and 1 if that is 0 too.

References
----------
Hu, Tang, Pan: Spiking Deep Residual Networks, text after Eq. 2. Rueckauer et al. (2017) for the percentile.
"""

import logging
from functools import lru_cache
from typing import Any, Protocol

import numpy as np

from snnconv.calibration.calibration import Calibration
from snnconv.calibration.statistics import ValueStatistics
from snnconv.choices import Granularity
from snnconv.conversion.options import ConversionOptions
from snnconv.errors import CalibrationError

Array = np.ndarray[Any, Any]

_FLOOR = 0.01

_log = logging.getLogger(__name__)


class Scaling(Protocol):
    """What gives λ of a value."""

    def of(self, value: str, *, shared: bool = False) -> Array:
        """Give λ of a value, (C,) float64."""
        ...


class Scales:
    """Looks up λ by the name of an ONNX value.

    Parameters
    ----------
    calibration : Calibration
        Measured on the model that is converted.
    options : ConversionOptions
        Percentile and granularity.
    """

    def __init__(self, calibration: Calibration, options: ConversionOptions) -> None:
        self._calibration = calibration
        self._options = options

    def of(self, value: str, *, shared: bool = False) -> Array:
        """Give λ of a value, one positive number per channel.

        Parameters
        ----------
        value : str
            A ReLU's or pooling's output, or the logits.
        shared : bool
            One λ for all channels whatever the granularity: classes must stay comparable.

        Returns
        -------
        ndarray (C,) float64

        Raises
        ------
        CalibrationError
            If the calibration did not measure the value.
        """
        statistics = self._calibration.by_name.get(value)
        if statistics is None:
            raise CalibrationError(f"the calibration has no activations of {value}; calibrate this model again")
        layer = self._layer(statistics)
        if shared or self._options.granularity is Granularity.LAYER:
            return np.full(statistics.channels, layer)
        channels = statistics.channel_percentiles(self._options.percentile, self._options.nonzero)
        return np.where(channels > 0, np.maximum(channels, _FLOOR * layer), layer)

    def _layer(self, statistics: ValueStatistics) -> float:
        percentile = statistics.percentile(self._options.percentile, self._options.nonzero)
        if percentile:
            return percentile
        largest = float(statistics.largest.max())
        if largest:
            _warn(statistics.name, self._options.percentile, largest)
        return largest or 1.0


@lru_cache
def _warn(name: str, percentile: float, largest: float) -> None:
    """Warn once: a search builds many networks with the same scales."""
    _log.warning(
        "the %g %% percentile of %s is 0, so its scale is its largest activation, %.4g; "
        "--nonzero or a higher --percentile may suit it better",
        percentile,
        name,
        largest,
    )
