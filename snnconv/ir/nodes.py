"""The nodes of a spiking network: every kind and every parameter that the format carries.

A node holds names of tensors, never arrays. Parameters that are arrays broadcast to the node's shape; one more
leading axis is a step axis. ``docs/file-formats.md`` gives each kind's equation. Each kind is a file of
``snnconv/ir/kinds``, and is found there; this module gives all of them under one name.
"""

from typing import TYPE_CHECKING, Annotated, Union

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt

from snnconv.choices import Encoding as Encoding
from snnconv.choices import ReadoutMode as ReadoutMode
from snnconv.choices import Reset as Reset
from snnconv.ir.kinds.concat import Concat as Concat
from snnconv.ir.kinds.conv import Conv as Conv
from snnconv.ir.kinds.dense import Dense as Dense
from snnconv.ir.kinds.flatten import Flatten as Flatten
from snnconv.ir.kinds.input import Input as Input
from snnconv.ir.kinds.max_pool_current import MaxPoolCurrent as MaxPoolCurrent
from snnconv.ir.kinds.max_pool_gate import MaxPoolGate as MaxPoolGate
from snnconv.ir.kinds.neuron import Neuron as Neuron
from snnconv.ir.kinds.node import Name as Name
from snnconv.ir.kinds.node import Node as Node
from snnconv.ir.kinds.node import NumberType as NumberType
from snnconv.ir.kinds.node import Passive as Passive
from snnconv.ir.kinds.node import Weighted as Weighted
from snnconv.ir.kinds.pool import MaxPool as MaxPool
from snnconv.ir.kinds.pool import Pool as Pool
from snnconv.ir.kinds.readout import Readout as Readout
from snnconv.ir.kinds.readout import Ties as Ties
from snnconv.ir.kinds.scale import Scale as Scale
from snnconv.ir.kinds.select import Select as Select
from snnconv.ir.kinds.sum import Sum as Sum
from snnconv.ir.kinds.sum_pool import SumPool as SumPool
from snnconv.ir.rules.integrate_and_fire import IntegrateAndFire as IntegrateAndFire
from snnconv.ir.rules.leaky import LeakyIntegrateAndFire as LeakyIntegrateAndFire
from snnconv.ir.rules.rule import Rule as Rule
from snnconv.parts import classes

KINDS: dict[str, type[Node]] = classes("snnconv.ir.kinds", Node, "kind")
"""The classes of all kinds, by the name of the kind."""

if TYPE_CHECKING:
    AnyNode = Node
else:
    AnyNode = Annotated[Union[tuple(KINDS.values())], Field(discriminator="kind")]  # noqa: UP007 - made when it runs
    """A node of any kind, as a file has it."""


class Edge(BaseModel):
    """A connection. `delay` is in time steps."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: Name
    target: Name
    delay: NonNegativeInt = 0
