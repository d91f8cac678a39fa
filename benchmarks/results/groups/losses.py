"""What conversion loses, by the ways to convert: Hu et al., Tables 2 and 3; first version, Tables 2 and 3."""

from collections.abc import Iterator

from experiment import Experiment, Group, Model
from models import PLAIN20, PLAIN32, RESNET20, RESNET56


def _losses(model: Model, *, residual: bool) -> Iterator[Experiment]:
    none, unnormalised = ("--compensation", "none"), ("--shortcut", "unnormalised")
    yield Experiment(model, "none", none)
    yield Experiment(model, "search", ("--compensation", "search"), samples=64)
    yield Experiment(model, "layerwise", ("--compensation", "layerwise"), samples=32)
    if residual:
        yield Experiment(model, "unnorm", (*unnormalised, *none))
        # only what the search finds: no run
        options = ("--compensation", "search", "--compensate-biases")
        yield Experiment(model, "biases", options, samples=64, simulate=False)
        # "the max 99.9% or 99.99% activation" (below Eq. 2): the revised paper names both, the first version the first
        higher = ("--percentile", "99.99")
        yield Experiment(model, "none-9999", (*higher, *none))
        yield Experiment(model, "search-9999", (*higher, "--compensation", "search"), samples=64)
        yield Experiment(model, "unnorm-9999", (*higher, *unnormalised, *none))


GROUP = Group(
    "losses",
    (
        *_losses(RESNET20, residual=True),
        *_losses(RESNET56, residual=True),
        *_losses(PLAIN20, residual=False),
        *_losses(PLAIN32, residual=False),
    ),
    pairs=(("search", "none"), ("layerwise", "none"), ("search-9999", "none-9999")),
    ratios=(("unnorm", "none", 3.0), ("unnorm-9999", "none-9999", 3.0)),
)
