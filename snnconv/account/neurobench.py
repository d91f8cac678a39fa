"""The metrics of NeuroBench under their names: what they are, and how they are put together.

References
----------
Yik et al.: The neurobench framework for benchmarking neuromorphic computing algorithms and systems, Nature
Communications 16:1545 (2025), and the package ``neurobench`` 2.3.0, ``neurobench/metrics``: the definitions are those
of its code, one image at a time. ``benchmarks/neurobench/`` compares the two.
"""

from pydantic import BaseModel, ConfigDict, NonNegativeFloat, NonNegativeInt

from snnconv.account.network_facts import NetworkFacts

Share = float


class SynapticOperations(BaseModel):
    """Per image, over all steps. Biases, pools and BatchNorm are left out, taps on padding too."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    Effective_MACs: NonNegativeFloat | None
    """Inputs that are not 0 times weights that are not 0, in a node and step with an input beside −1, 0 and 1."""
    Effective_ACs: NonNegativeFloat | None
    """The same where all inputs of the node are −1, 0 or 1 in that step. An input counts once, whatever its value."""
    Dense: NonNegativeFloat
    """All inputs and weights, at every step, the image's too."""


class NeuroBench(BaseModel):
    """The metrics of a network on some images. A metric that is not known is None."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    Footprint: NonNegativeInt
    """Bytes of parameters and of what else a layer holds, zeros included; without membranes."""
    ParameterCount: NonNegativeInt
    """Weights, biases, gains and offsets."""
    ConnectionSparsity: Share
    """Weights of 0 / all weights, biases left out, rounded to 4 decimals."""
    ActivationSparsity: Share
    """Neurons that do not spike / all of them, over layers, steps and images."""
    SynapticOperations: SynapticOperations
    MembraneUpdates: NonNegativeFloat | None
    """Membranes that another value stands on after a step than before it, per image; in the first step all of them."""


def metrics(facts: NetworkFacts, sparsity: float, operations: SynapticOperations, updates: float | None) -> NeuroBench:
    """Put the metrics together; what the network is comes from its facts."""
    weights = facts.connection_weights
    return NeuroBench(
        Footprint=facts.footprint,
        ParameterCount=facts.parameters + facts.scale_parameters,
        ConnectionSparsity=round(facts.zero_weights / weights, 4) if weights else 0.0,
        ActivationSparsity=sparsity,
        SynapticOperations=operations,
        MembraneUpdates=updates,
    )
