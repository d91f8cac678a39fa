"""A few of the random graphs: `graphs.py` runs thousands."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from snnconv.graph.reading.reader import read
from tests.conftest import ModelBuilder
from tests.fuzz.graph_case import CONVERTED, NOT_MADE, REFUSED, run_graph
from tests.fuzz.graph_refused import REFUSED as OPERATORS
from tests.fuzz.random_graphs import RandomGraph, draw, random_graphs
from tests.fuzz.tally import FAILED

GRAPHS = 25


def test_random_graphs_convert_at_parity_or_are_refused_at_one_node() -> None:
    verdicts: Counter[str] = Counter()
    spikes = []

    # a seed does not shrink to a smaller graph
    @settings(
        max_examples=GRAPHS,
        derandomize=True,
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(random_graphs())
    def run(graph: RandomGraph) -> None:
        outcome = run_graph(graph, 0)
        verdicts[outcome.verdict] += 1
        if outcome.verdict == CONVERTED:
            spikes.append(outcome.spikes)
        assert outcome.verdict != FAILED, outcome.why

    run()
    assert verdicts[CONVERTED] >= GRAPHS // 2
    assert verdicts[REFUSED] >= 1
    assert verdicts[NOT_MADE] <= 2
    # a comparison of silence would compare nothing
    assert sum(rate > 0 for rate in spikes) >= 0.9 * len(spikes)


@pytest.mark.parametrize("number", range(3))
def test_a_graph_is_drawn_again_from_its_seed(number: int) -> None:
    first, second = draw(5, number), draw(5, number)
    assert first.model.SerializeToString(deterministic=True) == second.model.SerializeToString(deterministic=True)


@pytest.mark.parametrize("op", ["AveragePool", "MaxPool"])
@pytest.mark.parametrize("auto_pad", ["NOTSET", "VALID"])
@pytest.mark.parametrize("opset", [10, 17, 22])
def test_a_window_that_would_begin_behind_the_image_is_none(op: str, auto_pad: str, opset: int, tmp_path: Path) -> None:
    # 5 windows by ceil, of which the last begins behind 8 pixels
    b = ModelBuilder()
    x = b.relu(b.conv("input", "conv1", (4, 2, 3, 3), pads=[1, 1, 1, 1]), "relu1")
    x = b.node(op, [x], "pool", kernel_shape=[1, 1], strides=[2, 2], ceil_mode=1, auto_pad=auto_pad)
    b.classifier(x, 4)
    graph = read(b.save(tmp_path / "model.onnx", opset=opset))
    assert graph.shape_of("pool") == (4, 4, 4)


def test_every_operator_without_a_spiking_form_is_drawn() -> None:
    drawn = (draw(0, number) for number in range(1500))
    assert {graph.about.rsplit(", ", 1)[-1] for graph in drawn if graph.refused is not None} == set(OPERATORS)
