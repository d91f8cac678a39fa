"""What is done with a random graph: checked, calibrated, converted at parity, and simulated on both backends."""

import tempfile
import traceback
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper

import snnconv
from snnconv.choices import Granularity, Layout, MaxPooling, ReadoutMode
from snnconv.commands.check import CheckSummary, check
from snnconv.conversion.options import ConversionOptions
from snnconv.conversion.verdict import Verdict
from snnconv.errors import ModelError, UnsupportedOperatorError
from snnconv.ir.network import SpikingNetwork
from snnconv.runtime.backends.numpy_backend import NumpyBackend
from snnconv.runtime.event.isa import instruction_sets, is_built
from tests.fuzz.backends import differences
from tests.fuzz.random_graphs import RandomGraph
from tests.fuzz.random_graphs import check as check_model
from tests.fuzz.tally import FAILED

Array = np.ndarray[Any, Any]

CONVERTED, REFUSED, NOT_MADE = "converted", "refused as it should be", "not made"


@dataclass
class Outcome:
    """What became of a graph.

    Attributes
    ----------
    verdict : str
    why : str
        What failed, or what the graph is about.
    parity : float
        The largest parity error of all conversions and stages, dimensionless.
    spikes : float
        Of all neurons, a neuron and step: a comparison of silence would compare nothing.
    work : Counter
        Conversions by their options, for the report.
    """

    verdict: str
    why: str = ""
    parity: float = 0.0
    spikes: float = 0.0
    work: Counter[str] = field(default_factory=Counter)


class _UnexpectedError(Exception):
    """Something that should hold does not; its text says what."""


def run_graph(graph: RandomGraph, seed: int) -> Outcome:
    """Do with a graph what the commands do; never raises."""
    try:
        check_model(graph)
    except Exception as error:  # the library is not to blame
        return Outcome(NOT_MADE, f"{graph.about}: {type(error).__name__}: {_one_line(error)}")
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent)
        try:
            if graph.refused is not None:
                return _refuse(graph, folder, seed)
            return _convert(graph, folder, np.random.default_rng(seed))
        except _UnexpectedError as error:
            return Outcome(FAILED, f"{graph.about}: {error}")
        except ModelError as error:
            # of pools whose last window lies in the padding, onnxruntime infers other sizes than it computes
            not_run = "onnxruntime cannot run the model" in str(error)
            return Outcome(NOT_MADE if not_run else FAILED, f"{graph.about}: {_one_line(error)}")
        except Exception as error:  # whatever else comes out is what is looked for
            last = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{Path(last.filename).name}:{last.lineno}"
            return Outcome(FAILED, f"{graph.about}: {type(error).__name__} at {where}: {_one_line(error)}")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:400]


def _save(model: onnx.ModelProto, path: Path) -> Path:
    path.write_bytes(model.SerializeToString())
    return path


def _calibrate(graph: RandomGraph, model: Path, folder: Path, seed: int) -> Array:
    """Write ``x.calib`` of a few images; give them, (N, C, H, W)."""
    images = graph.images(3 + seed % 4, seed)
    np.save(folder / "x.npy", images)
    calib = folder / "x.calib"
    snnconv.calibrate(model, folder / "x.npy", calib, layout=Layout.NCHW, output=graph.output, threads=1)
    return images


def _refuse(graph: RandomGraph, folder: Path, seed: int) -> Outcome:
    """See that ``check`` and ``convert`` refuse the node that has no spiking form, and no other."""
    path = _save(graph.model, folder / "model.onnx")
    summary = check(path, output=graph.output)
    found = [node.name for node in summary.nodes if node.verdict is Verdict.REFUSED]
    at = next(n for n in graph.model.graph.node if graph.refused in n.output)
    expected = at.name or f"{at.op_type}:{at.output[0]}"
    if found != [expected] or summary.convertible:
        raise _UnexpectedError(f"check refuses {found}, {[expected]} is expected: {_said(summary)}")
    # a twin that only passes the value on has a calibration with the same output
    twin = onnx.ModelProto.FromString(graph.model.SerializeToString())
    place = next(n for n in twin.graph.node if graph.refused in n.output)
    place.CopyFrom(helper.make_node("Identity", [at.input[0]], [at.output[0]], name=at.name))
    if graph.about.endswith("lowest"):  # the twin of a padding has fewer rows
        return Outcome(REFUSED)
    _calibrate(graph, _save(twin, folder / "twin.onnx"), folder, seed)
    try:
        snnconv.convert(path, folder / "x.calib", folder / "n.snn", ConversionOptions(compensation="none"))
    except UnsupportedOperatorError as error:
        if expected not in str(error) or "1 node" not in str(error):
            raise _UnexpectedError(f"convert refuses something else than {expected}: {error}") from error
    else:
        raise _UnexpectedError(f"convert takes what check refuses at {expected}")
    if (folder / "n.snn").exists():
        raise _UnexpectedError("a refused conversion leaves a file")
    return Outcome(REFUSED)


def _said(summary: CheckSummary) -> str:
    return "; ".join(f"{n.op} {n.name}: {n.how}" for n in summary.nodes if n.verdict is Verdict.REFUSED)[:400]


def _convert(graph: RandomGraph, folder: Path, rng: np.random.Generator) -> Outcome:
    """Check, calibrate, convert in both forms of max pooling, and simulate."""
    path = _save(graph.model, folder / "model.onnx")
    outcome = Outcome(CONVERTED)
    images = _calibrate(graph, path, folder, int(rng.integers(100)))
    pools = {"MaxPool", "GlobalMaxPool", "ReduceMax"} & {node.op_type for node in graph.model.graph.node}
    forms = list(MaxPooling) if pools else [MaxPooling.GATE]
    for form in forms:
        options = ConversionOptions(
            compensation="none",
            max_pooling=form,
            readout=ReadoutMode(str(rng.choice(list(ReadoutMode)))),
            granularity=Granularity(str(rng.choice(list(Granularity)))),
            initial_potential=float(rng.choice([0.0, 0.5])),
            percentile=float(rng.choice([99.9, 100.0])),
        )
        summary = check(path, options, output=graph.output)
        if not summary.convertible:
            raise _UnexpectedError(f"check refuses it: {_said(summary)}")
        network, made = snnconv.convert(path, folder / "x.calib", folder / "n.snn", options)
        assert made.parity is not None
        errors = [made.parity.largest_error, *(stage.largest_error for stage in made.parity.stages)]
        outcome.parity = max(outcome.parity, *errors)
        if summary.totals is None or summary.totals.neurons != made.neurons:
            raise _UnexpectedError(f"check counts {summary.totals} neurons, convert {made.neurons}")
        outcome.work.update(
            [f"{options.readout} readout", f"by {options.granularity}", f"{form} pooling" * bool(pools)]
        )
        outcome.spikes = max(outcome.spikes, _simulate(network, images, rng))
    return outcome


def _simulate(network: SpikingNetwork, images: Array, rng: np.random.Generator) -> float:
    """Compare the backends step by step; give spikes a neuron and step."""
    steps = int(rng.choice([3, 8, 17]))
    expected = NumpyBackend().simulate(network, images, steps)
    neurons = sum(int(np.prod(node.shape)) for node in network.neurons)
    if is_built():
        from snnconv.runtime.backends.event_backend import EventBackend

        isa = str(rng.choice(instruction_sets()))
        batch, chunk = int(rng.integers(1, len(images) + 1)), int(rng.integers(1, steps + 1))
        found = EventBackend(batch, chunk, isa).simulate(network, images, steps)
        different = list(differences(found, expected))
        if different:
            raise _UnexpectedError(f"the backends differ ({isa}, batch {batch}, chunk {chunk}): {'; '.join(different)}")
    return float(expected.spikes.sum() / max(1, neurons * steps * len(images)))
