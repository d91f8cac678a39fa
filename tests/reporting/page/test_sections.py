"""What the sections say: the record's numbers, what is missing, runs side by side."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from snnconv.account.network_facts import NetworkFacts
from snnconv.reporting.model import Gain, Report
from snnconv.reporting.page import page

Make = Callable[..., Report]


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


@pytest.fixture(scope="module")
def one(report: Report) -> str:
    return page([report])


def test_runs_stand_side_by_side(make: Make, parse: type[Any]) -> None:
    reports = [make(), make(steps=16, seed=1, observed=False, options=(("percentile", 100),))]
    content = page(reports)
    parsed = parse(content)
    text = plain(parsed.text)
    assert "A T=64" in text
    assert "B T=16" in text
    assert "Option percentile 99.9 100" in text
    assert "Option reset subtract –" in text
    # who lacks what
    assert "B: single neurons were not observed" in text
    chart = content[content.index('id="fig-accuracy"') :]
    chart = chart[: chart.index("</svg>")]
    assert chart.count('class="line s') == 2
    assert ">A T=64</text>" in chart
    assert ">B T=16</text>" in chart


def test_what_a_run_has_over_the_first_stands_in_the_summary(make: Make, parse: type[Any]) -> None:
    gain = Gain(points=-1.25, low=-2.5, high=0.01)
    text = plain(parse(page([make(), make(seed=1), make(seed=2)], [gain, None])).text)
    assert "Accuracy minus that of A – −1.25 points –" in text
    assert "… paired interval of this difference – −2.50 to 0.01 points –" in text
    assert "Accuracy minus" not in page([make(), make(seed=1)])


def test_the_metrics_of_neurobench_have_their_names(report: Report, one: str, parse: type[Any]) -> None:
    text = plain(parse(one).text)
    assert report.neurobench is not None
    assert f"ParameterCount {report.neurobench.ParameterCount:,}" in text
    assert "SynapticOperations: Effective_MACs –" in text
    assert f"SynapticOperations: Dense {report.neurobench.SynapticOperations.Dense:,.0f}" in text


def test_feature_maps_of_two_runs_are_one_picture(make: Make, parse: type[Any]) -> None:
    single, double = (parse(page([make(seed=k) for k in range(n)])) for n in (1, 2))
    # 6 layers and 2 images, 3 maps each, and for each image the input and two scales
    assert [len(p.all("image")) for p in (single, double)] == [2 * (6 * 3 + 3), 2 * (6 * 6 + 3)]
    assert [sum(s["id"].startswith("fig-maps") for s in p.all("svg")) for p in (single, double)] == [2, 2]


def test_of_many_classes_the_worst_are_shown(make: Make, parse: type[Any]) -> None:
    report = make(classes=100, images=5000)
    assert report.classes is not None
    assert report.confusions is not None
    text = plain(parse(page([report])).text)
    assert "The 20 worst of 100 classes" in text
    lowest = min(report.classes, key=lambda row: row.right / row.images)
    assert f"class {lowest.label} {100 * lowest.right / lowest.images:.1f} %" in text
    most = max((c for c in report.confusions if c.label != c.decision), key=lambda c: c.images)
    assert f"{most.label} as {most.decision} {most.images}" in text
    assert "fig-confusion" not in page([report])


def test_facts_that_hold_for_all_runs_stand_once(make: Make, parse: type[Any]) -> None:
    text = parse(page([make(steps=64), make(steps=32)])).text
    assert text.count("Spikes times real fan-out.") == 1
    assert "Time steps 64 run A Time steps 32 run B" in text
    assert text.count("@article{hu2021,") == 1


def test_an_older_run_says_what_it_does_not_know(make: Make, parse: type[Any]) -> None:
    report = make()
    curves = tuple(curve.model_copy(update={"synops_per_image": None}) for curve in report.layer_curves)
    counts = report.snn_counts.model_copy(update={"membrane_adds": None, "bias_adds": None, "comparisons": None})
    text = parse(page([report.model_copy(update={"layer_curves": curves, "snn_counts": counts})])).text
    assert text.count("older snnconv; run simulate with --overwrite") >= 2
    assert "Additions to membranes –" in text


def test_every_number_of_the_summary_is_the_record_s(report: Report, one: str, parse: type[Any]) -> None:
    text = plain(parse(one).text)
    last = report.accuracy_by_step[-1]
    assert report.ann is not None
    assert last.accuracy is not None
    assert last.accuracy_low is not None
    assert last.accuracy_high is not None
    assert last.loss_points is not None
    assert last.agreement is not None
    assert report.synops_per_mac is not None
    summary = text[text.index("Summary Accuracy against") :]
    for name, value in (
        ("Accuracy", f"{100 * last.accuracy:.2f} %"),
        ("… interval (Wilson)", f"{100 * last.accuracy_low:.2f} to {100 * last.accuracy_high:.2f} %"),
        ("Accuracy of the ANN", f"{100 * report.ann.accuracy:.2f} %"),
        ("Loss against the ANN", f"{last.loss_points:.2f} points"),
        ("… paired interval (Agresti and Min)", f"{last.loss_points_low:.2f} to {last.loss_points_high:.2f} points"),
        ("Agreement with the ANN", f"{100 * last.agreement:.2f} %"),
        ("Images", f"{report.run.images:,}"),
        ("Time steps T", str(report.run.steps)),
        ("SynOps per MAC of the ANN", f"{report.synops_per_mac:.3g}"),
        ("SynOps per image", f"{last.synops_per_image:,.0f}"),
        ("Spikes per image", f"{last.spikes_per_image:,.0f}"),
        ("MACs of the ANN per image", f"{report.ann_counts.macs:,}"),
    ):
        assert f"{name} {value}" in summary, name


def test_energies_are_called_estimates_and_missing_prices_are_no_zeros(
    report: Report, one: str, parse: type[Any]
) -> None:
    text = plain(parse(one).text)
    assert "an estimate, not a measurement" in text
    assert "not priced" in text
    for estimate in report.energy:
        assert estimate.profile_id in text
        for left_out in estimate.not_priced:
            assert " ".join(left_out.split()) in text
        if estimate.snn is not None and 1 <= estimate.snn.uj < 1000:
            assert f"≈ {estimate.snn.uj:.3g} µJ" in text
    mixed = next(e for e in report.energy if e.mixed_technology)
    assert f"{mixed.profile_id} (mixed technology)" in text


@pytest.mark.parametrize(
    ("change", "section", "advice"),
    [
        ({"labels": False}, "accuracy", "labels"),
        ({"labels": False}, "classes", "labels"),
        ({"reference": False}, "accuracy", "--reference"),
        ({"reference": False}, "activations", "--reference"),
        ({"reference": False}, "errors", "--reference"),
        ({"observed": False}, "rates", "--observe"),
        ({"observed": False}, "raster", "--observe"),
        ({"observed": False}, "activations", "--observe"),
        ({"observed": False}, "errors", "--observe"),
        ({"observed": False}, "maps", "--observe"),
        ({"energy": False}, "energy", "--energy"),
    ],
)
def test_a_section_says_what_is_missing_and_how_to_get_it(
    make: Make, one: str, change: dict[str, Any], section: str, advice: str
) -> None:
    content = page([make(**change)])
    part = content[content.index(f'<section id="{section}"') :]
    part = part[: part.index("</section>")]
    notes = re.findall('<p class="wide note missing">(.*?)</p>', part)
    assert any(advice in note for note in notes)
    # of what is there nothing is said to be missing
    part = one[one.index(f'<section id="{section}"') :]
    assert "missing" not in part[: part.index("</section>")]


def test_what_did_not_fire_is_called_by_three_names(one: str, parse: type[Any]) -> None:
    text = plain(parse(one).text)
    assert "silent" not in text.lower()
    assert "Never fired*" in text
    assert "of single neurons, over all observed images together" in text
    assert "pairs of a neuron and an image without a spike" in text
    assert "Mute: a > 0, never fired" in text
    assert "Left on the membrane, |V(T)/(θT)|" in text


def test_parameters_of_neurobench_say_what_they_have_more(make: Make, parse: type[Any]) -> None:
    report = make()
    sizes = {"parameters": 1000, "scale_parameters": 5, "footprint": 4020, "connection_weights": 900}
    facts = NetworkFacts(**sizes, zero_weights=0, activations=8, readout_start=0, pools=())
    having = report.model_copy(update={"run": report.run.model_copy(update={"facts": facts})})
    assert "ParameterCount is the Parameters above, 1,000, with the 5 of scales" in plain(parse(page([having])).text)
    without = having.run.model_copy(update={"facts": facts.model_copy(update={"scale_parameters": 0})})
    assert "the Parameters above" not in page([having.model_copy(update={"run": without})])


def test_the_number_of_steps_is_what_was_run(make: Make, parse: type[Any]) -> None:
    reports = [make(steps=t, options=(("percentile", p), ("steps", 5 * t))) for t, p in ((64, 99.9), (16, 100))]
    text = plain(parse(page(reports)).text)
    assert "Option percentile 99.9 100" in text
    assert "Option steps" not in text


@pytest.mark.parametrize(("p", "what"), [(0.01, "the error grows"), (-0.01, "its magnitude grows")])
def test_a_fit_below_0_grows_in_magnitude(make: Make, parse: type[Any], p: float, what: str) -> None:
    report = make()
    assert report.observation is not None
    assert report.observation.growth is not None
    growth = report.observation.growth.model_copy(update={"p": p, "q": 1.5})
    observation = report.observation.model_copy(update={"growth": growth})
    text = plain(parse(page([report.model_copy(update={"observation": observation})])).text)
    assert f"in the fit {what} by 50.0 % a layer" in text
