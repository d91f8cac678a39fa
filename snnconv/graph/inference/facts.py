"""What is known of the values of an ONNX model before it sees an image."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from onnx import TensorProto, numpy_helper

Array = np.ndarray[Any, Any]


@dataclass
class Facts:
    """What is known of the values of a model without an image.

    Attributes
    ----------
    constants : dict of str to TensorProto or ndarray
        Values that do not depend on the image.
    shapes : dict of str to tuple of int
        Shapes of the others where they are known, the batch included.
    types : dict of str to int
        Their element types, as ONNX numbers them.
    image_bytes : int
        What all values that depend on the image take as float32.
    names : set of str
        All values of the file, those of which nothing is known too.
    of_batch : set of str
        Constants of floating numbers that are others for another batch size, where the file leaves it open. One that
        is repeated for each image is not among them: its numbers are the same.
    least_batch : int
        The smallest batch of which values have the axes that they have of others: 2 where a Squeeze without axes takes
        the axis of a single image away too, else 1.
    """

    constants: dict[str, TensorProto | Array] = field(default_factory=dict)
    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    types: dict[str, int] = field(default_factory=dict)
    image_bytes: int = 0
    names: set[str] = field(default_factory=set)
    of_batch: set[str] = field(default_factory=set)
    least_batch: int = 1

    def constant(self, name: str) -> Array:
        """Give a constant as an array."""
        value = self.constants[name]
        if isinstance(value, TensorProto):
            value = numpy_helper.to_array(value)
            self.constants[name] = value
        return value
