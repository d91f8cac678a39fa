"""Draws small ResNet-like ONNX graphs, valid and in all the forms in which exporters write them.

Topology, operators, their attributes, opset and IR version come from a seed; weights are of the size of He et al.
(2015) and statistics as after training, so that activations neither vanish nor explode.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
import onnxruntime
from hypothesis import strategies as st

from tests.fuzz.graph_blocks import BLOCKS, free, plain
from tests.fuzz.graph_ends import Output, behind, classifier, other_output
from tests.fuzz.graph_layers import affine, to_first
from tests.fuzz.graph_refused import put_in
from tests.fuzz.graph_writer import NEWEST_IR, NEWEST_OPSET, GraphWriter, Value, image_input

Array = np.ndarray[Any, Any]

_LARGEST = 16
_MOST_CHANNELS = 12
_REFUSED_SHARE = 0.15


@dataclass(frozen=True)
class RandomGraph:
    """A model that was drawn.

    Attributes
    ----------
    model : ModelProto
    shape : tuple of int
        Of one image, (C, H, W).
    last : bool
        Whether the file takes (N, H, W, C).
    output : str or None
        The value to read up to, None for the first output.
    refused : str or None
        The value made by the one node that has no spiking form, where there is one.
    about : str
        What is particular about it.
    """

    model: onnx.ModelProto
    shape: tuple[int, int, int]
    last: bool
    output: str | None
    refused: str | None
    about: str

    def images(self, count: int, seed: int) -> Array:
        """Give images (N, C, H, W) float32, normally distributed."""
        return np.random.default_rng(seed).normal(size=(count, *self.shape)).astype(np.float32)


def draw(seed: int, number: int = 0) -> RandomGraph:
    """Draw a graph; a share of them has one node that has no spiking form."""
    rng = np.random.default_rng([seed, number])
    # 17 is what most files have
    opset = int(rng.choice([17, int(rng.integers(7, NEWEST_OPSET + 1))], p=[0.2, 0.8]))
    oldest = onnx.helper.find_min_ir_version_for([onnx.helper.make_opsetid("", opset)])
    ir_version = int(rng.integers(oldest, NEWEST_IR + 1))
    w = GraphWriter(rng, opset, ir_version, w_batch(rng))
    v, image, last = _start(w)
    blocks = w.integer(1, 6)
    place = w.integer(1, blocks) if w.chance(_REFUSED_SHARE) else 0
    refused, kind, spare = None, "", v
    used = []
    for number_of_block in range(blocks):
        v = _block(w, v, used)
        if number_of_block + 1 == place:
            v, kind = put_in(w, v)
            refused = v.name
        spare = w.pick([v, spare])
    outputs, output = _end(w, v, spare)
    about = f"opset {opset}, IR {ir_version}, batch {w.batch}, {' '.join(used)}{', ' if kind else ''}{kind}"
    return RandomGraph(w.model(image, outputs), _input_shape(image, last), last, output, refused, about)


def w_batch(rng: np.random.Generator) -> int | None:
    """Draw the batch size, mostly an open one."""
    return None if rng.random() < 0.7 else int(rng.choice([1, 2, 3]))


def _start(w: GraphWriter) -> tuple[Value, onnx.ValueInfoProto, bool]:
    """Draw the input, what is done to images before the network, and mostly a convolution."""
    shape = (w.integer(1, 3), w.integer(5, _LARGEST), w.integer(5, _LARGEST))
    last = w.chance(0.12)
    v = Value("image", shape, last)
    image = image_input(w, v.file_shape)
    if w.chance(0.15):
        v = affine(w, v) if not last else Value(w.node("Sub", [v.name, w.constant("mean", [0.1])]), shape, last)
    v = to_first(w, v)
    return (plain(w, v) if w.chance(0.85) else free(w, v)), image, last


def _input_shape(image: onnx.ValueInfoProto, last: bool) -> tuple[int, int, int]:
    sizes = [d.dim_value for d in image.type.tensor_type.shape.dim][1:]
    return (sizes[2], sizes[0], sizes[1]) if last else (sizes[0], sizes[1], sizes[2])


def _block(w: GraphWriter, v: Value, used: list[str]) -> Value:
    """Add a block; one that would make a value wide is drawn anew."""
    weights = np.array([often for _, often in BLOCKS])
    block = BLOCKS[int(w.rng.choice(len(BLOCKS), p=weights / weights.sum()))][0]
    if v.channels > _MOST_CHANNELS:
        block = plain
    used.append(block.__name__)
    return block(w, v)


def _end(w: GraphWriter, v: Value, spare: Value) -> tuple[list[Output], str | None]:
    """Draw the end; give the outputs, and which one is to be read where it is not the first."""
    logits = classifier(w, v)
    outputs = [behind(w, logits)]
    if w.chance(0.15):
        other = other_output(w, spare)
        if other[0] == "image":
            return outputs, None
        if w.chance(0.5):
            return [*outputs, other], None
        return [other, *outputs], outputs[0][0]
    if w.chance(0.05):
        return outputs, logits.name
    return outputs, None


def check(graph: RandomGraph) -> None:
    """Run a graph by onnx's checker and onnxruntime, both as they come.

    Raises
    ------
    Exception
        Of onnx or onnxruntime, where the generator made something that is no model, or that does not run.
    ValueError
        If an output is not finite.
    """
    onnx.checker.check_model(graph.model)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(graph.model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    batch = session.get_inputs()[0].shape[0]
    images = graph.images(batch if isinstance(batch, int) else 2, 0)
    given = images.transpose(0, 2, 3, 1) if graph.last else images
    if not all(np.isfinite(value).all() for value in session.run(None, {"image": np.ascontiguousarray(given)})):
        raise ValueError("an output is not finite")


def random_graphs() -> st.SearchStrategy[RandomGraph]:
    """Give the strategy of all of them: Hypothesis draws the seed."""
    return st.integers(0, 2**32 - 1).map(draw)
