"""The page of results: verdicts at their edges, the page from results made by hand, the committed page."""

import copy
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks" / "results"


def step(points: float, low: float, high: float, number: int = 350) -> dict:
    return {
        "step": number,
        "accuracy": 0.9 - points / 100,
        "loss_points": points,
        "loss_points_low": low,
        "loss_points_high": high,
        "agreement": 0.95,
        "ac_per_mac": 1.5,
    }


def run(*rows: dict, seed: int | None = None) -> dict:
    layers = [{"name": "a|b", "neurons": 4, "spikes_per_neuron": 12.5, "mean_rate": 0.25}]
    return {"seed": seed, "images": 1000, "steps": 350, "ann_accuracy": 0.9, "by_step": list(rows), "layers": layers}


def record(model: str, kind: str, *runs: dict, found: dict | None = None) -> dict:
    return {
        "model": model,
        "kind": kind,
        "commands": ["convert MODELS/m.onnx", "simulate WORK/nets/m.snn"],
        "network": {"options": {}, "thresholds": []},
        "found": found,
        "runs": list(runs),
        "date": "2026-01-02",
    }


def content(groups: dict, comparisons: dict | None = None) -> dict:
    return {
        "format": "snnconv.results",
        "version": 1,
        "machine": {},
        "groups": groups,
        "comparisons": comparisons or {},
        "not_run": [],
    }


def gain(points: float, low: float, high: float) -> dict:
    pair = {"model": "resnet56", "first": "search", "second": "none"}
    return {"what": "gain", **pair, "images": 1000, "points": points, "low": low, "high": high}


def ratio(points: float, low: float, high: float) -> dict:
    pair = {"model": "resnet20", "first": "unnorm", "second": "none"}
    losses = {"times": 3.0, "first_loss": 3.0 + points, "second_loss": 1.0}
    return {"what": "ratio", **pair, "images": 1000, **losses, "points": points, "low": low, "high": high}


@pytest.mark.parametrize(
    ("interval", "verdict"),
    [
        # asked: at most 0.2; the estimate decides first, then the better end, here the low one
        ((0.2, 0.0, 0.4), "met"),
        ((-0.1, -0.3, 0.1), "met"),
        ((0.21, 0.2, 0.4), "not resolved"),
        ((0.3, 0.21, 0.4), "missed"),
    ],
)
def test_a_loss_is_judged_by_its_estimate_and_its_lower_end(results, interval, verdict) -> None:
    made = content({"losses": {"resnet20-search": record("resnet20", "search", run(step(*interval)))}})
    rows = results("verdicts").judged(made)
    assert [row.verdict for row in rows if row.asked.startswith("ResNet-20, one factor searched (the default)")] == [
        verdict
    ]
    assert {row.verdict for row in rows[1:]} == {None}


@pytest.mark.parametrize(
    ("interval", "verdict"),
    [
        # better: the whole interval above 0
        ((0.2, 0.1, 0.3), "met"),
        ((0.1, -0.1, 0.3), "not resolved"),
        ((0.2, 0.0, 0.4), "not resolved"),
        ((0.0, 0.0, 0.0), "not resolved"),
        ((-0.2, -0.4, 0.0), "not resolved"),
        ((-0.2, -0.4, -0.1), "missed"),
    ],
)
def test_the_interval_of_a_gain_has_to_be_above_zero(results, interval, verdict) -> None:
    rows = results("verdicts").judged(content({}, {"losses": [gain(*interval)]}))
    assert [row.verdict for row in rows if row.verdict] == [verdict]


@pytest.mark.parametrize(
    ("interval", "verdict"),
    [
        ((0.0, -0.5, 0.5), "met"),
        ((-0.1, -0.5, 0.0), "not resolved"),
        ((-0.5, -0.9, -0.1), "missed"),
    ],
)
def test_three_times_the_loss_is_judged_by_the_weighted_difference(results, interval, verdict) -> None:
    rows = results("verdicts").judged(content({}, {"losses": [ratio(*interval)]}))
    (row,) = (row for row in rows if row.verdict)
    assert row.verdict == verdict
    points, low, high = interval
    assert row.came_out == (
        f"{3.0 + points:.1f} times: {3.0 + points:.2f} against 1.00 points; "
        f"the first − 3 × the second {points:.2f} [{low:.2f}, {high:.2f}]"
    )


def test_conversions_at_the_higher_percentile_are_compared_with_each_other(results) -> None:
    pairs = [
        {**gain(0.5, 0.1, 0.9), "first": "search-9999", "second": "none-9999"},
        {**ratio(1.0, 0.5, 1.5), "model": "resnet56", "first": "unnorm-9999", "second": "none-9999"},
    ]
    rows = [row for row in results("verdicts").judged(content({}, {"losses": pairs})) if row.verdict]
    assert [(row.asked, row.verdict) for row in rows] == [
        ("ResNet-56, one factor searched, λ at the 99.99th percentile: loses less than without", "met"),
        ("ResNet-56, λ at the 99.99th percentile: without shortcut normalisation at least 3 times the loss", "met"),
    ]


@pytest.mark.parametrize(
    ("interval", "written"),
    [
        ((0.3, 0.2015, 0.4), "0.300 [0.202, 0.400]"),
        ((0.3, 0.2, 0.4), "0.30 [0.20, 0.40]"),
        ((0.3, 0.20004, 0.4), "0.30000 [0.20004, 0.40000]"),
        ((0.3, 0.22, 0.4), "0.30 [0.22, 0.40]"),
    ],
)
def test_an_end_that_rounds_to_what_was_asked_is_written_finer(results, interval, written) -> None:
    made = content({"losses": {"resnet20-search": record("resnet20", "search", run(step(*interval)))}})
    (row,) = (row for row in results("verdicts").judged(made) if row.verdict)
    assert row.came_out == written


def test_why_is_said_of_what_is_not_met_alone(results) -> None:
    def page(interval: tuple[float, float, float]) -> str:
        found = {"resnet8_mnist-none": record("resnet8_mnist", "none", run(step(*interval)))}
        return results("page").text(content({"mnist": found}))

    missed = page((0.03, -0.17, 0.24))
    assert "**Why**, as far as we can tell" in missed
    assert "- *MNIST.* " in missed
    assert "- *SPIKE-NORM.* " not in missed
    assert "**Why**" not in page((0.0, 0.0, 0.0))


def test_every_reason_is_of_a_row_of_the_table(results) -> None:
    asked = [row.asked for row in results("verdicts").judged(content({}))]
    for reason in results("sections.reasons").REASONS:
        for begin in reason.rows:
            assert any(row.startswith(begin) for row in asked), begin


def test_the_weights_of_shortcuts_are_those_without_compensation(results) -> None:
    made = record("resnet20", "none", run(step(0.1, 0.0, 0.2)))
    made["network"]["shortcuts"] = [0.4814, 1.088]
    page = results("page").text(content({"losses": {"resnet20-none": made}}))
    assert "| ResNet-20 | no compensation | 0.481 | 1.088 |" in page


def test_two_networks_are_compared_by_the_difference_of_their_losses(results) -> None:
    # of 5 [2, 8] and 1 [-3, 5]: the halves are 3 and 4, so that of the difference is 5
    records = {
        "plain20-none": record("plain20", "none", run(step(5.0, 2.0, 8.0))),
        "resnet20-none": record("resnet20", "none", run(step(1.0, -3.0, 5.0))),
    }
    gains = [{**gain(0.0, -0.4, 0.4), "model": "plain32"}, gain(1.0, 0.7, 1.3)]
    rows = {row.asked: row for row in results("verdicts").judged(content({"losses": records}, {"losses": gains}))}
    more = rows["plain CNN of 20 layers: loses more than ResNet-20, both without compensation"]
    assert (more.came_out, more.verdict) == ("4.00 [-1.00, 9.00] points more", "not resolved")
    helped = rows["plain CNN of 32 layers: one factor helps more than on ResNet-56"]
    assert (helped.came_out, helped.verdict) == ("-1.00 [-1.50, -0.50] points more", "missed")


def test_of_several_seeds_the_mean_is_compared_by_the_interval_of_the_first(results) -> None:
    # means of 5 and 1, halves of 3 and 4
    records = {
        "vgg-activations": record("vgg", "activations", run(step(4, 1, 7), seed=0), run(step(6, 6, 6), seed=1)),
        "vgg-spikes": record("vgg", "spikes", run(step(1, -3, 5), seed=0), run(step(1, 1, 1), seed=1)),
    }
    rows = {row.asked: row for row in results("verdicts").judged(content({"spike_norm": records}))}
    row = rows["VGG: thresholds from activations lose more than SPIKE-NORM's"]
    assert (row.came_out, row.verdict) == ("4.00 [-1.00, 9.00] points more", "not resolved")


def test_the_page_says_how_long_networks_were_trained(results) -> None:
    training = {"epochs": 6, "small_epochs": 5, "side": 24, "largest_rate": 0.1}
    one = record("plain20", "none", run(step(0.1, 0.0, 0.2)))
    given = record("resnet20", "none", run(step(0.1, 0.0, 0.2)))
    page = results("page").text(
        content({"losses": {"plain20-none": one | {"training": training}, "resnet20-none": given}})
    )
    trained = "6 epochs by `training/train.py`, 5 of them on crops of 24 × 24"
    assert f"| plain CNN, 20 layers | 90.00 | 1,000 | {trained} |" in page
    assert "| ResNet-20 | 90.00 | 1,000 | – |" in page


def test_no_loss_is_a_loss_of_at_most_nothing(results) -> None:
    made = {"mnist": {"resnet8_mnist-none": record("resnet8_mnist", "none", run(step(0.03, -0.17, 0.24)))}}
    (row,) = (row for row in results("verdicts").judged(content(made)) if row.verdict)
    assert (row.asked, row.verdict) == (
        "ResNet-8 on MNIST, no compensation (the papers print none): no loss",
        "not resolved",
    )


def test_the_page_has_our_numbers_beside_the_published_ones(results) -> None:
    trial = {"factor": 1.0, "error": 0.004, "absolute_error": 0.006, "agreement": 0.9}
    found = {"kind": "search", "images": 64, "tau_max": 1.25, "factor": 1.05}
    found["trials"] = [trial, {"factor": 1.05, "error": 0.001, "absolute_error": 0.005, "agreement": 0.95}]
    experiments = {
        "resnet20-none": record("resnet20", "none", run(step(0.36, 0.1, 0.62))),
        "resnet20-search": record("resnet20", "search", run(step(0.1, -0.1, 0.3)), found=found),
    }
    page = results("page").text(content({"losses": experiments}, {"losses": [gain(0.26, 0.01, 0.51)]}))
    assert (
        "| ResNet-20 | no compensation | 90.00 | 89.64 | 0.36 [0.10, 0.62] | 95.00 | "
        "0.20 (Hu et al., Table 2); 0.20 (first version, Table 2) |"
    ) in page
    assert "| ResNet-20 | weights | 1.0500 | 1.250 | 2 | 0.006000 → 0.005000 | 90.0 → 95.0 | 64 |" in page
    assert "| ResNet-56 | one factor, searched | 0.26 [0.01, 0.51] | 0.69 (Hu et al., Table 3) |" in page
    assert "| 0.10 [-0.10, 0.30] | **met** |" in page
    assert "--only losses" in page
    assert max(len(line) for line in page.splitlines() if not line.startswith(("|", "- ", "snnconv"))) <= 120
    assert "## SPIKE-NORM" not in page


def test_runs_of_several_seeds_give_mean_and_deviation(results) -> None:
    balance = {"kind": "balance", "images": 64, "layers": [{"threshold": 2.5}, {"threshold": None}]}
    runs = [run(step(2.0, 1, 3, 1), step(1.0, 0, 2), seed=0), run(step(4.0, 3, 5, 1), step(2.0, 1, 3), seed=1)]
    made = content({"spike_norm": {"vgg-spikes": record("vgg", "spikes", *runs, found=balance)}})
    page = results("page").text(made)
    # of 1 and 2: mean 1.5, deviation √0.5; of 2 and 4: 3 and √2
    assert "| 350 | 1.50 ± 0.71 |" in page
    assert "| 1 | 3.00 ± 1.41 |" in page
    assert "| VGG, 7 layers | SPIKE-NORM | 2.5, – |" in page
    assert "0.15 (VGG-16: Sengupta et al., Table 1)" in page


def test_a_remark_is_said_once_of_all_that_have_it(results) -> None:
    records = {
        f"vgg-{kind}": record("vgg", kind, run(step(1, 0, 2), seed=0)) | {"remark": "made before."}
        for kind in ("spikes", "activations")
    }
    page = results("page").text(content({"spike_norm": records}))
    assert "`vgg-spikes`, `vgg-activations`: made before." in page
    del records["vgg-spikes"]["remark"]
    assert "\n`vgg-activations`: made before.\n" in results("page").text(content({"spike_norm": records}))


def test_errors_by_depth_stand_beside_the_published_fit(results) -> None:
    layers = [
        {"depth": depth, "name": f"l{depth}", "highest_rate": 1.0, "most_active_error": depth / 1000}
        for depth in range(1, 22)
    ]
    diagnosis = {"images": 256, "steps": 350, "error": 0.001, "absolute_error": 0.002, "agreement": 0.97}
    diagnosis["parts"] = [{"name": "clipping", "lost": 0.02}, {"name": "steps", "lost": 0.01}]
    diagnosis |= {"growth": {"p": 0.001, "q": 1.25, "adjusted_r2": 0.9}, "layers": layers}
    one = record("resnet20", "none") | {"diagnosis": diagnosis}
    page = results("page").text(content({"depth": {"resnet20-none": one}}))
    ours = "| ResNet-20 | no compensation | 0.001000 | 1.250 | 0.9000 | 0.001168, 1.270, 0.9562 |"
    assert ours in page
    assert "| ResNet-20 | no compensation | 0.001000 | 0.002000 | 0.004226 | 97.0 |" in page
    assert "| ResNet-20 | no compensation | 2.0 | 1.0 |" in page
    # every third of 21 layers, the first and the last too
    assert [line.split(" | ")[0] for line in page.splitlines() if line.endswith("| 1.000 |")] == [
        f"| {depth}" for depth in (1, 4, 7, 10, 13, 16, 19, 21)
    ]
    # paragraphs are broken into lines
    assert "gives p·q^34 = 1.54" in " ".join(page.split())


def test_what_was_not_run_is_listed_with_its_reason(results) -> None:
    made = content({})
    made["not_run"] = [
        {"group": "losses", "experiment": name, "why": "WORK/models/plain20.onnx is not there"}
        for name in ("plain20-none", "plain20-search")
    ]
    page = results("page").text(made)
    assert "- `losses`: plain20-none, plain20-search: WORK/models/plain20.onnx is not there." in page
    assert page.count("| not run | – |") == len(results("verdicts").judged(made))


def test_the_page_does_not_change_its_results(results) -> None:
    made = content({"losses": {"resnet20-none": record("resnet20", "none", run(step(0.3, 0.1, 0.5)))}})
    before = copy.deepcopy(made)
    assert results("page").text(made) == results("page").text(made)
    assert made == before


def test_the_committed_page_is_what_the_committed_results_give(results) -> None:
    committed = json.loads((RESULTS / "results.json").read_text("utf-8"))
    assert (ROOT / "docs" / "results.md").read_text("utf-8") == results("page").text(committed)


def test_the_page_says_when_it_was_run_and_on_what(results) -> None:
    experiments = {kind: record("resnet20", kind, run(step(0.1, 0.0, 0.2))) for kind in ("none", "search")}
    experiments["search"]["date"] = "2026-01-05"
    made = content({"losses": experiments})
    assert "Nothing was run yet." in results("page").text(made)
    packages = dict.fromkeys(("snnconv", "numpy", "onnxruntime"), "1.0")
    made["machine"] = {"cpu": "A", "cores": 2, "memory_gb": 4, "system": "S", "python": "3", "packages": packages}
    made["machine"]["revision"] = "def"
    assert "Run from 2026-01-02 to 2026-01-05, the last on A, 2 cores" in results("page").text(made)


def test_earlier_comparisons_stay_but_for_those_of_what_is_made_anew(results) -> None:
    collect, experiment = results("collect"), results("experiment")
    model = experiment.Model("resnet56", "ResNet-56", "MODELS/m.onnx", experiment.Dataset("a", "b"))
    anew, other = (experiment.Experiment(model, kind, ()) for kind in ("search", "unnorm"))
    model20 = experiment.Model("resnet20", "ResNet-20", "MODELS/n.onnx", experiment.Dataset("a", "b"))
    group = experiment.Group(
        "losses",
        (experiment.Experiment(model20, "none", ()), anew, other),
        pairs=(("search", "none"),),
        ratios=(("unnorm", "none", 3.0),),
    )
    earlier = [ratio(1.0, 0.0, 2.0), gain(0.1, 0.0, 0.2)]
    # of another conversion: both still hold; of the one that is made anew: its gain does not
    assert collect.without(other, earlier) == earlier
    assert collect.without(anew, earlier) == earlier[:1]
    # in the order of the list, and the one just made in the place of the earlier one
    again = gain(0.3, 0.2, 0.4)
    assert collect.merged(group, earlier[::-1], [again]) == [earlier[0], again]
