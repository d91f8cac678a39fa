"""``snnconv check``: what of a model converts, node by node, before any image is run."""

from dataclasses import asdict
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from snnconv.account.counts import dense_ops
from snnconv.conversion.options import ConversionOptions
from snnconv.conversion.verdict import Draft, Verdict, draft, judge
from snnconv.errors import ModelError, NotRunnableError
from snnconv.files.sizes import MEMORY_LIMIT
from snnconv.graph.guarding.structure import opset
from snnconv.graph.reading.reader import survey
from snnconv.runtime.memory import check_memory, needed


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CheckedNode(_Record):
    """An ONNX node between the image and the output, and what becomes of it."""

    name: str
    op: str
    verdict: Verdict
    how: str


class Totals(_Record):
    """Sizes of a model that converts."""

    parameters: int
    """Weights and biases after folding."""
    neurons: int
    layers: int
    """Of neurons."""
    outputs: int
    """Classes, or 1: a number, of which no accuracy and no agreement is measured."""
    macs: int
    """Multiply-accumulates of the ReLU network for an image; taps on padding left out."""
    simulation_bytes: int
    """Memory for one image and one step at a time, about."""


class CheckSummary(_Record):
    """What ``snnconv check --json`` prints."""

    format: Literal["snnconv.check-summary"] = "snnconv.check-summary"
    version: Literal[1] = 1
    file: str
    sha256: str
    exporter: str
    """The tool that wrote the file, by its own word."""
    opset: int
    input: str
    input_shape: tuple[int, ...]
    """(C, H, W)."""
    output: str
    other_outputs: tuple[str, ...]
    """Not read."""
    convertible: bool
    verdicts: dict[Verdict, int]
    """How many nodes have which verdict."""
    nodes: tuple[CheckedNode, ...]
    totals: Totals | None
    """None where something is not supported."""


def check(
    model: Path | str,
    options: ConversionOptions | None = None,
    *,
    output: str | None = None,
    memory_limit: int = MEMORY_LIMIT,
) -> CheckSummary:
    """Say of every node of a model whether and how it converts.

    Parameters
    ----------
    model : Path
        The ONNX file.
    options : ConversionOptions, optional
        As for `snnconv.convert`: readout and max pooling decide what nodes become.
    output : str, optional
        The value that the network is to give; None takes the first output.
    memory_limit : int
        Bytes that the model's tensors, the values of a batch, and a simulation of one image and one step may take.

    Returns
    -------
    CheckSummary

    Raises
    ------
    FileMissingError
        If there is no such file.
    ModelError
        If it is no valid ONNX model, or needs too much memory.
    """
    found = survey(Path(model), output, memory_limit)
    made = None if found.graph is None else draft(found.graph, options or ConversionOptions())
    if made is not None:
        try:
            check_memory(made.network, memory_limit)
        except NotRunnableError as error:
            raise ModelError(f"{model}: {error}") from error
    nodes = tuple(CheckedNode(**asdict(judgement)) for judgement in judge(found, made))
    counts = {verdict: sum(node.verdict is verdict for node in nodes) for verdict in Verdict}
    file = found.file
    return CheckSummary(
        file=file.path.name,
        sha256=file.sha256,
        exporter=f"{file.model.producer_name} {file.model.producer_version}".strip(),
        opset=opset(file.model),
        input=file.input,
        input_shape=file.input_shape if made is None else made.graph.input_shape,
        output=found.output,
        other_outputs=tuple(name for name in file.outputs if name != found.output),
        convertible=made is not None,
        verdicts={verdict: count for verdict, count in counts.items() if count},
        nodes=nodes,
        totals=None if made is None else _totals(made),
    )


def _totals(made: Draft) -> Totals:
    network = made.network
    return Totals(
        parameters=network.parameter_count,
        neurons=network.neuron_count,
        layers=len(network.neurons),
        outputs=network.readout.shape[0],
        macs=sum(ops.macs for ops in dense_ops(network).values() if ops.of_ann),
        simulation_bytes=needed(network),
    )
