"""What an operator's reader sees: one ONNX node, the constants, the shapes and the order of axes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np
import onnx

from snnconv.errors import ModelError
from snnconv.graph.graph import Node, Shape
from snnconv.graph.guarding.tensors import node_name
from snnconv.graph.inference.facts import Facts

Array = np.ndarray[Any, Any]


class Unsupported(Exception):  # noqa: N818 - not an error of its own: the reader gathers the reasons of all nodes
    """A node that cannot be converted; its text says why, and what to change."""


class Moved(Unsupported):
    """Elements in a place where no layer can read them.

    Attributes
    ----------
    view : View
        Whose node is the one that cannot be converted.
    """

    def __init__(self, view: "View") -> None:
        super().__init__(view.why)
        self.view = view


@dataclass(frozen=True)
class View:
    """A value whose elements are those of another one, in places that none of our nodes has.

    Another operator may bring them back; else the one that moved them is refused.

    Attributes
    ----------
    source : str
        Our name of the other value.
    places : ndarray of int
        In the file's shape, batch included: element i of image b is b · size + i.
    name, op : str
        Of the operator that moved them.
    why : str
        Why it is refused where nothing brings them back.
    """

    source: str
    places: Array
    name: str
    op: str
    why: str


@dataclass(frozen=True)
class OnnxNode:
    """One ONNX node with plain attributes.

    Attributes
    ----------
    name : str
        Its name, or ``op:output`` where the file gives none.
    op : str
        Operator type, with its domain where that is not ONNX's own.
    inputs, outputs : tuple of str
        Value names; an empty text is an optional input left out.
    attributes : mapping
        Attribute values by name.
    version : int
        The opset of the model.
    """

    name: str
    op: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]
    version: int

    @property
    def output(self) -> str:
        """The one output that matters."""
        return self.outputs[0]

    @classmethod
    def of(cls, node: onnx.NodeProto, version: int) -> "OnnxNode":
        """Read a protobuf node."""
        attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        name = node_name(node)
        op = node.op_type if node.domain in ("", "ai.onnx") else f"{node.domain}.{node.op_type}"
        return cls(name, op, tuple(node.input), tuple(node.output), attributes, version)

    def text(self, attribute: str, default: str) -> str:
        """Give a text attribute."""
        value = self.attributes.get(attribute, default)
        return value.decode() if isinstance(value, bytes) else str(value)

    def ints(self, attribute: str, default: tuple[int, ...]) -> tuple[int, ...]:
        """Give an attribute that is a list of integers."""
        return tuple(int(value) for value in self.attributes.get(attribute, default))

    def number(self, attribute: str, default: float) -> float:
        """Give an attribute that is a number."""
        return float(self.attributes.get(attribute, default))

    def has(self, index: int) -> bool:
        """Say whether an optional input is there."""
        return len(self.inputs) > index and bool(self.inputs[index])


@dataclass(frozen=True)
class Read:
    """What a reader makes of a node.

    Attributes
    ----------
    nodes : tuple of Node
        In order; the last one makes the ONNX node's output, unless `same_as` is given.
    same_as : str, optional
        The ONNX value that the output is the same as, up to the order of its axes.
    order : tuple of int, optional
        Transposed by it, batch axis included, the ONNX output is channels first. None: that of the first input.
    view : View, optional
        What the output is where it is no value of ours.
    features : ndarray of int, optional
        For a flat output whose elements ONNX has in another order than we: onnx[i] = ours[features[i]].
    twins : mapping of str to str
        For nodes whose value the file does not have: the value of the file that has the same numbers.
    derived : tuple of str
        Of the values that the file does not have, those that neurons stand for or add up.
    left_out : str
        Why the node is not part of the network, where that is so.
    """

    nodes: tuple[Node, ...] = ()
    same_as: str | None = None
    order: tuple[int, ...] | None = None
    view: View | None = None
    features: Array | None = None
    twins: Mapping[str, str] = field(default_factory=dict)
    derived: tuple[str, ...] = ()
    left_out: str = ""


class Context:
    """Constants, shapes and orders of axes of a model's values.

    Parameters
    ----------
    facts : Facts
        Constants and shapes.
    batch : int
        The batch size that the shapes have.
    ends : set of str
        Values that nobody reads but what may be left out at the end of a network.
    """

    def __init__(self, facts: Facts, batch: int, ends: set[str]) -> None:
        self._facts = facts
        self._batch = batch
        self._ends = ends
        self._orders: dict[str, tuple[int, ...]] = {}
        self._names: dict[str, str] = {}
        self._features: dict[str, Array] = {}
        self._views: dict[str, View] = {}
        self._made: dict[str, Shape] = {}
        self.producers: dict[str, Node] = {}
        """The nodes so far, by the value they make."""
        self.twins: dict[str, str] = {}
        """For values that the file does not have: those of the file that have the same numbers."""
        self.derived: set[str] = set()
        """Values that the file does not have, and that neurons stand for or add up."""

    def start(self, value: str, order: tuple[int, ...]) -> None:
        """Name the input value and its order of axes."""
        self._orders[value] = order
        self._made[value] = self.shape(value)

    def expect(self, node: OnnxNode) -> None:
        """Take a node's outputs to have the order of axes of its first input that depends on the image."""
        first = next((v for v in node.inputs if v and not self.is_constant(v)), "")
        inherited = self._orders.get(first, ())
        for output in filter(None, node.outputs):
            rank = len(self._facts.shapes.get(output, ()))
            self._orders[output] = inherited if len(inherited) == rank else tuple(range(rank))

    def take(self, node: OnnxNode, read: Read) -> None:
        """Remember what a node became."""
        if read.order is not None:
            self._orders[node.output] = read.order
        self.twins |= read.twins
        self.derived.update(read.derived)
        for made in read.nodes:
            self.producers[made.output] = made
            self._made[made.output] = made.shape
        if read.same_as is not None:
            # what is left out may have several outputs: classes, and how sure they are
            same = node.outputs if read.left_out else node.outputs[:1]
            self._names.update((output, self._names.get(read.same_as, read.same_as)) for output in same)
        features = read.features
        if features is None and read.same_as is not None:
            features = self._features.get(read.same_as)
        if features is not None:
            self._features[node.output] = features
        view = read.view if read.same_as is None else self._views.get(read.same_as)
        if view is not None:
            self._views[node.output] = view
            self._orders[node.output] = tuple(range(view.places.ndim))

    @property
    def batch(self) -> int:
        """The batch size that shapes and places have."""
        return self._batch

    def inner(self, wanted: str) -> str:
        """Give a name for a value that the file does not have: the one wanted, or longer where the file has it."""
        while wanted in self._facts.names or wanted in self._made:
            wanted += "~"
        return wanted

    def is_constant(self, value: str) -> bool:
        """Say whether a value is known without an image."""
        return value in self._facts.constants

    def is_at_end(self, value: str) -> bool:
        """Say whether nobody reads a value but what may be left out at the end of a network."""
        return value in self._ends

    def constant(self, value: str, finite: bool = True) -> Array:
        """Give a constant as it is in the file; of one that need not be finite, infinity is no error.

        Raises
        ------
        Unsupported
            If the value depends on the image.
        ModelError
            If it holds NaN or infinity.
        """
        if not self.is_constant(value):
            raise Unsupported(f"its input {value} is not constant")
        array = self._facts.constant(value)
        if value in self._facts.of_batch:
            raise Unsupported(
                f"it computes with {value}, which changes with the batch size; export with a fixed batch size, or "
                "leave it out"
            )
        if finite and array.dtype.kind == "f" and not np.isfinite(array).all():
            raise ModelError(f"the tensor {value} holds NaN or infinity; train or export the model again")
        return array

    def weights(self, value: str, finite: bool = True) -> Array:
        """Give a constant as float64; of one that need not be finite, infinity is no error.

        Raises
        ------
        Unsupported
            If the value depends on the image, or is no float32 or float64 tensor.
        ModelError
            If it holds NaN or infinity.
        """
        array = self.constant(value, finite)
        if array.dtype not in (np.float32, np.float64):
            raise Unsupported(f"the tensor {value} has type {array.dtype}, float32 is expected")
        return array.astype(np.float64)

    def ints(self, value: str) -> tuple[int, ...]:
        """Give a constant list of integers.

        Raises
        ------
        Unsupported
            If the value depends on the image.
        """
        return tuple(int(number) for number in self.constant(value).reshape(-1))

    def source(self, value: str) -> str:
        """Give our name of a value that depends on the image.

        Raises
        ------
        Unsupported
            If it is a flat value whose elements have another order here.
        """
        if value in self._features:
            raise Unsupported(f"it reads {value}, which is flattened with the channels last; only a Gemm or MatMul may")
        found, expected = self.made_shape(value), self.shape(value)
        if found != expected:
            raise Unsupported(f"it reads {value}, reshaped from {found} to {expected}; only flattening is supported")
        return self._names.get(value, value)

    def view(self, value: str) -> View | None:
        """Give what a value is where it is none of ours."""
        return self._views.get(value)

    def places(self, value: str) -> tuple[str, Array]:
        """Say where the elements of a value are: our name of a value, and places as those of a `View`.

        Raises
        ------
        Unsupported
            If no layer made it.
        """
        if value in self._views:
            return self._views[value].source, self._views[value].places
        name, made = self._names.get(value, value), self.made_shape(value)
        places = np.arange(self._batch * prod(made)).reshape(self._batch, *made)
        if value in self._features:
            return name, places[:, self._features[value]]
        order, full = self.order(value), self.full_shape(value)
        return name, places.reshape([full[axis] for axis in order]).transpose(np.argsort(order))

    def raw_source(self, value: str) -> str:
        """Give our name of a value, for a reader that takes it in the shape in which we made it."""
        return self._names.get(value, value)

    def made_shape(self, value: str) -> Shape:
        """Give the shape in which we made a value, channels first: a reshaping without effect changes only the file's.

        Raises
        ------
        Unsupported
            If no layer made it, or its elements are elsewhere.
        """
        if value in self._views:
            raise Moved(self._views[value])
        name = self._names.get(value, value)
        if name not in self._made:
            raise Unsupported(f"it reads {value}, which no supported layer makes")
        return self._made[name]

    def flat_source(self, value: str) -> tuple[str, Array | None]:
        """Give our name of a value, and the order of its elements where it is another: onnx[i] = ours[order[i]]."""
        name = self._names.get(value, value)
        if len(self.made_shape(value)) != 1:
            raise Unsupported(f"it reads {value}, reshaped from {self.made_shape(value)}; flatten it first")
        return name, self._features.get(value)

    def is_reordered(self, value: str) -> bool:
        """Say whether the elements of a flat value have another order in the file."""
        return value in self._features

    def full_shape(self, value: str) -> tuple[int, ...]:
        """Give the shape of a value as the file has it, batch included.

        Raises
        ------
        Unsupported
            If it is not known or empty, or the first axis is not the batch.
        """
        if value in self._views and self._views[value].places.shape[:1] != (self._batch,):
            raise Moved(self._views[value])
        found = self._facts.shapes.get(value)
        if found is None:
            raise Unsupported(f"the shape of {value} is not known")
        if any(size < 1 for size in found):
            raise Unsupported(
                f"{value} has shape {found}, which is empty: the images are too small for a kernel; "
                "export with larger ones"
            )
        if not found or found[0] != self._batch:
            raise Unsupported(
                f"{value} has shape {found}, whose first axis is not the batch of {self._batch}; flatten with "
                "torch.flatten(x, 1), not by squeeze() or to a size that holds for one batch"
            )
        return found

    def shape(self, value: str) -> tuple[int, ...]:
        """Give the shape of a value for one image, channels first."""
        full = self.full_shape(value)
        return tuple(full[axis] for axis in self.order(value)[1:])

    def order(self, value: str) -> tuple[int, ...]:
        """Give the order of axes that makes a value of the file channels first, batch included."""
        return self._orders.get(value) or tuple(range(len(self.full_shape(value))))

    def axis(self, value: str, axis: int) -> int:
        """Give our axis, 0 for the channels, of an axis of the file.

        Raises
        ------
        Unsupported
            If it is the batch axis or none of the value's.
        """
        order = self.order(value)
        if not -len(order) <= axis < len(order):
            raise Unsupported(f"its axis {axis} is none of {value}'s")
        found = order.index(axis % len(order)) - 1
        if found < 0:
            raise Unsupported("it works on the batch axis")
        return found

    def channels_first(self, value: str) -> str:
        """Give our name of a value that the file keeps channels first.

        Raises
        ------
        Unsupported
            If it is kept in another order.
        """
        order = self.order(value)
        if order != tuple(range(len(order))):
            raise Unsupported(f"it reads {value}, whose axes are transposed; only layers on (N, C, H, W) are supported")
        return self.source(value)

    def beside(self, constant: Array, value: str) -> Array:
        """Bring a constant that is combined with a value into the value's axes, channels first and without the batch.

        Raises
        ------
        Unsupported
            If it does not broadcast to the value, or differs between the images of a batch.
        """
        full = self.full_shape(value)
        if constant.ndim > len(full):
            raise Unsupported(f"a constant of shape {constant.shape} does not fit {value} of shape {full}")
        wide = constant.reshape((1,) * (len(full) - constant.ndim) + constant.shape)
        if any(have not in (1, size) for have, size in zip(wide.shape, full, strict=True)):
            repeated = tuple(-1 if have in (1, size) else have for have, size in zip(wide.shape, full, strict=True))
            instead = f"; write x.expand{repeated} before it, which repeats what there is once"
            once = all(size in (1, have) or have == 1 for have, size in zip(wide.shape[1:], full[1:], strict=True))
            raise Unsupported(
                f"a constant of shape {constant.shape} does not fit {value} of shape {full}"
                + (instead if once and wide.shape[0] == 1 else "")
            )
        if wide.shape[0] != 1:
            if not (wide == wide[:1]).all():
                raise Unsupported(f"a constant of shape {constant.shape} differs between the images of a batch")
            wide = wide[:1]
        return np.asarray(wide.transpose(self.order(value))[0], dtype=np.float64)
