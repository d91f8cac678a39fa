"""Which options of a compensation go together: one that would have no effect is refused, not recorded."""

import logging

from snnconv.choices import Compensation, Objective
from snnconv.conversion.options import ConversionOptions
from snnconv.errors import UsageError

_USUAL = (1.0, 2.0)
"""Factors outside are warned of: at or below the first nothing is made up for, and published ones are near 1."""

_log = logging.getLogger(__name__)


def check(options: ConversionOptions) -> None:
    """Refuse options that do nothing beside the others.

    Raises
    ------
    UsageError
        Naming the option.
    """
    mode = options.compensation
    if options.objective is not Objective.ERROR and mode is not Compensation.SEARCH:
        raise UsageError(f"--objective {options.objective} is of --compensation search; leave it out, or search")
    if options.compensate_biases and mode is Compensation.NONE:
        raise UsageError("--compensate-biases multiplies by ζ, and --compensation none has none; leave it out")
    if isinstance(mode, float) and not _USUAL[0] < mode <= _USUAL[1]:
        _log.warning(
            "ζ = %g: the paper's lies above 1, and those found are near it (Eq. 14); --compensation search finds one",
            mode,
        )
