"""The sections of the page, one file each: runs in, a section out."""

from collections.abc import Callable

from snnconv.reporting.page.blocks import Section
from snnconv.reporting.page.runs import Runs
from snnconv.reporting.page.sections import (
    accuracy,
    activations,
    citations,
    classes,
    counts,
    cumulative,
    energy,
    errors,
    maps,
    method,
    neurobench,
    provenance,
    raster,
    rates,
    summary,
    synops,
    work,
)

SECTIONS: tuple[Callable[[Runs], Section], ...] = (
    summary.section,
    accuracy.section,
    work.section,
    rates.section,
    raster.section,
    activations.section,
    errors.section,
    cumulative.section,
    maps.section,
    synops.section,
    energy.section,
    counts.section,
    neurobench.section,
    classes.section,
    method.section,
    provenance.section,
    citations.section,
)
"""In the order of the page."""
