"""What every neuron rule is: what the membrane does between spikes, and what a spike does to it."""

from abc import ABC
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from pydantic import BaseModel, ConfigDict

from snnconv.choices import Reset
from snnconv.ir.codes import unit_rate
from snnconv.ir.codes.code import Code

Array = np.ndarray[Any, Any]


class Rule(BaseModel, ABC):
    """A neuron rule. It holds names of tensors, never arrays.

    Attributes
    ----------
    CODE : Code
        What the spikes that it makes stand for.
    LEAKY : bool
        Whether the membrane is multiplied in each step.
    PARAMETERS : tuple of str
        The fields of the rule that name parameters.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    CODE: ClassVar[Code] = unit_rate.CODE
    LEAKY: ClassVar[bool] = False
    PARAMETERS: ClassVar[tuple[str, ...]] = ()

    reset: Reset = Reset.SUBTRACT

    if TYPE_CHECKING:

        @property
        def kind(self) -> str:
            """The name of the rule; each has its own as a field."""
            ...

    @property
    def parameters(self) -> dict[str, str]:
        """The tensors that it names, by field."""
        return {field: name for field in self.PARAMETERS if (name := getattr(self, field)) is not None}

    def check(self, node: str, tensors: Mapping[str, Array]) -> None:
        """Refuse parameters that the rule cannot have.

        Parameters
        ----------
        node : str
            The name of the layer, for the message.
        tensors : mapping of str to ndarray
            Of the network.

        Raises
        ------
        NetworkError
        """
        del node, tensors
