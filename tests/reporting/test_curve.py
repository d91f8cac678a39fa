from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from snnconv.reporting.curve import POINTS, shown
from snnconv.reporting.report import report

MakeRun = Callable[..., Path]


def test_every_step_by_hand(make_run: MakeRun) -> None:
    curve = report(make_run()).curve
    assert curve.steps == (1, 2, 3, 4)
    # step 3: always class 8, which no label is
    assert curve.accuracy == (0.0, 0.75, 0.0, 0.625)
    assert curve.agreement == (0.25, 1.0, 0.0, 0.625)
    assert curve.spikes_per_image == (1.0, 4.0, 6.0, 10.0)
    assert curve.synops_per_image == (100.0, 250.0, 520.0, 800.0)
    assert curve.accuracy_low is not None
    assert curve.accuracy_high is not None
    assert curve.accuracy_low[3] == pytest.approx(0.3057, abs=5e-5)
    assert curve.accuracy_high[0] == pytest.approx(0.3244, abs=5e-5)


def test_it_meets_the_reported_steps(make_run: MakeRun) -> None:
    made = report(make_run())
    at = dict(
        zip(made.curve.steps, zip(made.curve.accuracy or (), made.curve.spikes_per_image, strict=True), strict=True)
    )
    assert [at[row.step] for row in made.accuracy_by_step] == [
        (row.accuracy, row.spikes_per_image) for row in made.accuracy_by_step
    ]


def test_layers_step_by_step(make_run: MakeRun) -> None:
    stem, block, logits = report(make_run()).layer_curves
    assert (stem.name, stem.spikes_per_image, stem.synops_per_image) == ("stem", (1.0, 4.0, 10.0), (0.0, 0.0, 0.0))
    assert (block.spikes_per_image, block.synops_per_image) == ((0.0, 0.0, 0.0), (75.0, 190.0, 600.0))
    assert logits.synops_per_image == (25.0, 60.0, 200.0)


def test_older_runs_do_not_say_which_synapses_feed_a_layer(make_run: MakeRun, summary: dict[str, Any]) -> None:
    layers = [{key: value for key, value in row.items() if key != "synapses"} for row in summary["layers"]]
    made = report(make_run(summary | {"layers": layers}))
    assert [layer.synops_per_image for layer in made.layer_curves] == [None, None, None]


@pytest.mark.parametrize("steps", [1, 2, POINTS, POINTS + 1, 10 * POINTS])
def test_a_picture_has_few_points_and_both_ends(steps: int) -> None:
    found = shown(steps)
    assert len(found) <= POINTS
    assert (found[0], found[-1]) == (1, steps)
    assert list(found) == sorted(set(found))
