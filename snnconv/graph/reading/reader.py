"""ONNX file -> Graph.

``survey`` says of every node what becomes of it, and refuses nothing that can be said in a table. ``read`` gives the
graph, or names every node that cannot be converted at once, before anything runs.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

import onnx

from snnconv.errors import ModelError, UnsupportedOperatorError
from snnconv.files.sizes import MEMORY_LIMIT
from snnconv.graph.graph import Flatten, Graph, Node, reached
from snnconv.graph.guarding import onnx_file
from snnconv.graph.guarding.onnx_file import OnnxFile
from snnconv.graph.guarding.structure import opset
from snnconv.graph.guarding.tensors import node_name
from snnconv.graph.inference.facts import Facts
from snnconv.graph.inference.infer import OPEN_BATCH, infer
from snnconv.graph.reading.advice import of_unknown
from snnconv.graph.reading.context import Context, Moved, OnnxNode, Read, Unsupported, View
from snnconv.graph.reading.moves import MOVES, moved
from snnconv.graph.reading.ops import AT_THE_END, readers
from snnconv.graph.reading.patterns import Neighbours, recognised

_CHANNELS_FIRST = (0, 1, 2, 3)
_CHANNELS_LAST = (0, 3, 1, 2)


_KEEP_THE_AXES = frozenset(
    {
        "Add",
        "Cast",
        "CastLike",
        "Concat",
        "Div",
        "Dropout",
        "Identity",
        "Mul",
        "Neg",
        "Pad",
        "Slice",
        "Split",
        "Sub",
        "Sum",
    }
)
"""Operators that may stand between the image and the Transpose that brings its channels to the front."""


class Fate(StrEnum):
    """What becomes of an ONNX node."""

    READ = "read"
    """It is one or more nodes of the graph, which have its name."""
    PASSED = "passed on"
    """Its output is its input."""
    LEFT_OUT = "left out"
    """It stands behind the network's output."""
    REFUSED = "not supported"


@dataclass(frozen=True)
class Finding:
    """What is said of an ONNX node that depends on the image.

    Attributes
    ----------
    name, op : str
        Of the node.
    fate : Fate
    outputs : tuple of str
        The values of the graph that it makes.
    why : str
        Why it is refused or left out.
    """

    name: str
    op: str
    fate: Fate
    outputs: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True)
class Survey:
    """What becomes of a model.

    Attributes
    ----------
    file : OnnxFile
    findings : tuple of Finding
        Of each node between the image and the output, and of what is left out behind it.
    graph : Graph or None
        None where a node is not supported.
    output : str
        The value of the file that was read up to.
    facts : Facts
        Constants and shapes.
    """

    file: OnnxFile
    findings: tuple[Finding, ...]
    graph: Graph | None
    output: str
    facts: Facts

    @property
    def refused(self) -> tuple[Finding, ...]:
        """The nodes that are not supported."""
        return tuple(finding for finding in self.findings if finding.fate is Fate.REFUSED)


def read(path: Path, output: str | None = None, memory_limit: int = MEMORY_LIMIT) -> Graph:
    """Read an ONNX file.

    Parameters
    ----------
    path : Path
        The model: one image input (N, C, H, W) or (N, H, W, C) float32, an output (N, classes).
    output : str, optional
        The value that the network is to give, an output or one from inside; None takes the first output.
    memory_limit : int
        Bytes that the model's tensors, and the values of a batch, may take.

    Returns
    -------
    Graph
        The ReLU network, BatchNorm not folded.

    Raises
    ------
    FileMissingError
        If there is no such file.
    ModelError
        If it is no valid ONNX model, holds NaN or infinity, or needs too much memory.
    UnsupportedOperatorError
        Naming every node that cannot be converted.
    """
    return opened(path, output, memory_limit)[1]


def opened(path: Path, output: str | None = None, memory_limit: int = MEMORY_LIMIT) -> tuple[Survey, Graph]:
    """Read an ONNX file, and keep what its model needs to be run.

    Parameters, results and errors are those of `read`; the survey stands before the graph.
    """
    found = survey(path, output, memory_limit)
    if found.graph is None:
        by_reason: dict[str, list[str]] = {}
        for finding in found.refused:
            by_reason.setdefault(finding.why, []).append(f"{finding.op} {finding.name}")
        reasons = "; ".join(f"{', '.join(nodes)} ({why})" for why, nodes in by_reason.items())
        count = f"{len(found.refused)} nodes" if len(found.refused) > 1 else "1 node"
        raise UnsupportedOperatorError(f"{path} cannot be converted, {count} not supported: {reasons}")
    return found, found.graph


def survey(path: Path, output: str | None = None, memory_limit: int = MEMORY_LIMIT) -> Survey:
    """Say what becomes of every node of an ONNX file.

    Parameters
    ----------
    path, output, memory_limit
        As for `read`.

    Returns
    -------
    Survey

    Raises
    ------
    FileMissingError
        If there is no such file.
    ModelError
        If it is no valid ONNX model, holds NaN or infinity, or needs too much memory.
    """
    file = onnx_file.load(path, memory_limit)
    chosen = _chosen(file, output)
    wanted = _wanted(file.model.graph, chosen)
    facts = infer(file, memory_limit, wanted)
    batch = file.batch or OPEN_BATCH
    context = Context(facts, batch, _ends(file.model.graph, wanted))
    try:
        context.start(file.input, _input_order(file, facts, wanted))
        findings, nodes = _read_nodes(file, facts, context, wanted, chosen)
        graph = None
        if not any(finding.fate is Fate.REFUSED for finding in findings):
            graph = _graph(file, context, nodes, chosen)
    except (ModelError, Unsupported) as error:
        raise ModelError(f"{path}: {error}") from error
    return Survey(file, tuple(_recognised(findings, file, facts)), graph, chosen, facts)


def _chosen(file: OnnxFile, output: str | None) -> str:
    """Give the value to read up to."""
    if output is None:
        return file.outputs[0]
    if not any(output in node.output for node in file.model.graph.node):
        raise ModelError(f"{file.path} has no value {output}; its outputs are {', '.join(file.outputs)}")
    return output


def _wanted(graph: onnx.GraphProto, output: str) -> set[int]:
    """Give the places of the nodes that an output needs."""
    values, found = {output}, set()
    for place in range(len(graph.node) - 1, -1, -1):
        node = graph.node[place]
        if values.intersection(node.output):
            found.add(place)
            values.update(filter(None, node.input))
    return found


def _ends(graph: onnx.GraphProto, wanted: set[int]) -> set[str]:
    """Give the values that nobody reads but operators that may stand at the end."""
    inside: set[str] = set()
    ends: set[str] = set()
    for place in range(len(graph.node) - 1, -1, -1):
        if place not in wanted:
            continue
        node = graph.node[place]
        if inside.isdisjoint(node.output):
            ends.update(node.output)
        if node.op_type not in AT_THE_END or not ends.intersection(node.output):
            inside.update(node.input)
    return ends


def _input_order(file: OnnxFile, facts: Facts, wanted: set[int]) -> tuple[int, ...]:
    """Say how the file keeps its images: channels last where it transposes them before anything else."""
    same = {file.input}
    for node in (file.model.graph.node[place] for place in sorted(wanted)):
        known = all(name in facts.constants for name in node.output if name)
        if known or not same.intersection(node.input):
            continue
        if node.op_type in _KEEP_THE_AXES:
            same.update(node.output)
        elif node.op_type == "Transpose":
            perm = next((tuple(a.ints) for a in node.attribute if a.name == "perm"), ())
            return _CHANNELS_LAST if perm == _CHANNELS_LAST else _CHANNELS_FIRST
        elif node.op_type == "Reshape":
            # images of one channel: only the shape shows it
            before, after = facts.shapes[file.input], facts.shapes.get(node.output[0])
            last = before[-1] == 1 and after == (before[0], 1, *before[1:3])
            return _CHANNELS_LAST if last else _CHANNELS_FIRST
        else:
            break
    return _CHANNELS_FIRST


def _read_nodes(
    file: OnnxFile, facts: Facts, context: Context, wanted: set[int], output: str
) -> tuple[list[Finding], list[Node]]:
    findings: list[Finding] = []
    nodes: list[Node] = []
    version = opset(file.model)
    behind: set[str] = set()  # values behind the network's output
    lost: set[str] = set()  # values that a refused node makes: what reads them is not looked at
    for place, proto in enumerate(file.model.graph.node):
        known = all(not output or output in facts.constants for output in proto.output)
        if place not in wanted or known:
            continue
        node = OnnxNode.of(proto, version)
        without_shape = any(output and output not in facts.shapes for output in node.outputs)
        if without_shape and node.op in readers() and lost.intersection(node.inputs):
            # what it reads is refused, which is why nothing is known of it
            lost.update(node.outputs)
            continue
        context.expect(node)
        if behind.intersection(node.inputs):
            made = Read(same_as=node.inputs[0], left_out="it stands behind the network's output")
        else:
            try:
                made = _made(node, context, lost)
            except Moved as reason:
                _refuse(findings, reason.view)
                lost.update(node.outputs)
                continue
            except Unsupported as reason:
                if str(reason):
                    findings.append(Finding(node.name, node.op, Fate.REFUSED, (), str(reason)))
                lost.update(node.outputs)
                continue
        context.take(node, made)
        nodes += made.nodes
        if made.left_out:
            behind.update(node.outputs)
        findings.append(_finding(node, made))
    moved_output = context.view(output)
    if moved_output is not None:
        _refuse(findings, moved_output)
    return findings, nodes


def _recognised(findings: list[Finding], file: OnnxFile, facts: Facts) -> list[Finding]:
    """Give refused nodes the reason of what they are a part of, where that is recognised."""
    if all(finding.fate is not Fate.REFUSED for finding in findings):
        return findings
    around = Neighbours.of(file.model.graph, facts)
    # the first of a name: names need not be unique
    nodes = {(node_name(node), node.op_type): node for node in reversed(file.model.graph.node)}
    return [
        replace(finding, why=recognised(nodes[finding.name, finding.op.rpartition(".")[2]], around) or finding.why)
        if finding.fate is Fate.REFUSED
        else finding
        for finding in findings
    ]


def _refuse(findings: list[Finding], view: View) -> None:
    """Refuse the operator that moved elements to where nothing reads them."""
    place = next(i for i, finding in enumerate(findings) if (finding.name, finding.op) == (view.name, view.op))
    findings[place] = Finding(view.name, view.op, Fate.REFUSED, (), view.why)


def _made(node: OnnxNode, context: Context, lost: set[str]) -> Read:
    reader = readers().get(node.op)
    if reader is None:
        domain, _, op = node.op.rpartition(".")
        raise Unsupported(of_unknown(op, domain, readers()))
    if lost.intersection(node.inputs):
        raise Unsupported  # what it reads is refused: it is not a reason of its own
    if all(not value or context.is_constant(value) for value in node.inputs):
        raise Unsupported("all that it reads is constant, and it is not computed here; fold constants when you export")
    try:
        made = reader(node, context)
    except Unsupported as reason:
        if node.op not in MOVES:
            raise
        made = moved(node, context, str(reason))
    return made if isinstance(made, Read) else Read((made,))


def _finding(node: OnnxNode, made: Read) -> Finding:
    if made.left_out:
        return Finding(node.name, node.op, Fate.LEFT_OUT, (), made.left_out)
    if made.nodes:
        return Finding(node.name, node.op, Fate.READ, tuple(made_node.output for made_node in made.nodes))
    return Finding(node.name, node.op, Fate.PASSED)


def _graph(file: OnnxFile, context: Context, nodes: list[Node], output: str) -> Graph:
    """Put the nodes together, and check that the output is a list of logits."""
    if output == file.input or context.is_constant(output):
        raise ModelError(f"the output {output} does not depend on the image; end with a classifier")
    value = context.raw_source(output)
    made = {node.output for node in nodes}
    if value not in made:
        raise ModelError(f"the output {output} is not made by a supported layer; end with a classifier")
    graph = Graph(
        name=file.path.name,
        sha256=file.sha256,
        input=file.input,
        input_shape=context.shape(file.input),
        output=value,
        nodes=reached(nodes, value),
        layouts=_layouts(file, context, made),
        internal={name: context.twins.get(name, "") for name in sorted(made - _values(file))},
        derived=frozenset(context.derived),
    )
    found = graph.shape_of(value)
    if len(found) == 3 and found[1:] == (1, 1):
        return _flattened(graph, context.inner(f"{value}/map"))
    if len(found) != 1:
        others = [name for name in file.outputs if name != output]
        hint = f"; --output chooses another: {', '.join(others)}" if others else "; end with a pooling and a classifier"
        raise ModelError(f"the output {output} has shape {found} per image, (classes,) is expected{hint}")
    if context.is_reordered(output):
        raise ModelError(f"the output {output} is flattened with the channels last; end with a classifier")
    return graph


def _flattened(graph: Graph, inner: str) -> Graph:
    """Give a graph whose output (C, 1, 1) is called `inner`, and flattened: the flat value takes over its name."""
    value, shape = graph.output, graph.shape_of(graph.output)
    nodes = [
        replace(
            node,
            inputs=tuple(inner if name == value else name for name in node.inputs),
            output=inner if node.output == value else node.output,
        )
        for node in graph.nodes
    ]
    flatten = Flatten(f"{value}/flatten", (inner,), value, shape[:1])
    return replace(graph, nodes=(*nodes, flatten), internal={**graph.internal, inner: value})


def _values(file: OnnxFile) -> set[str]:
    return {value for proto in file.model.graph.node for value in proto.output}


def _layouts(file: OnnxFile, context: Context, made: set[str]) -> dict[str, tuple[int, ...]]:
    """Give the values that the file does not keep channels first."""
    named = {file.input, *(made & _values(file)), *context.twins.values()}
    orders = {name: context.order(name) for name in named}
    return {name: order for name, order in sorted(orders.items()) if order != tuple(range(len(order)))}
