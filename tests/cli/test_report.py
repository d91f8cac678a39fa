"""What ``report`` prints of a run: counts as Sengupta et al. give them."""

import pytest

from snnconv.reporting.report import report
from tests.reporting.conftest import SUMMARY, write_run


def test_spikes_per_neuron_and_accumulations_per_mac(snnconv, tmp_path) -> None:
    out = snnconv("report", write_run(tmp_path / "run")).out
    head, stem = (next(line for line in out.splitlines() if line.startswith(word)) for word in (" layer ", " stem "))
    assert dict(zip(head.split(), stem.split(), strict=False))["/neuron"] == "2.00"
    text = " ".join(out.split())
    assert "AC per MAC as Sengupta et al. count, after 1, 2, 4 steps: 0.250, 1.000, 2.500." in text


def test_a_run_of_an_older_version_says_nothing_of_them(snnconv, tmp_path) -> None:
    operations = SUMMARY["operations"] | {"macs_on_spikes": None}
    done = snnconv("report", write_run(tmp_path / "run", SUMMARY | {"operations": operations}))
    assert done.code == 0
    assert "Sengupta" not in done.out


def test_json_has_them_by_layer_and_step(snnconv, tmp_path) -> None:
    found = snnconv("report", write_run(tmp_path / "run"), "--json").json
    assert [layer["spikes_per_neuron"] for layer in found["layers"]] == [2.0, None, None]
    assert [row["ac_per_mac"] for row in found["accuracy_by_step"]] == pytest.approx([0.25, 1.0, 2.5], rel=1e-12)
    assert found["ac_per_mac"] == found["accuracy_by_step"][-1]["ac_per_mac"]


def test_the_table_of_layers_of_a_large_network_fits_80_columns(snnconv, tmp_path, monkeypatch) -> None:
    """A first layer as that of a ResNet for 224 × 224 pixels, at 100 spikes a neuron."""
    made = report(write_run(tmp_path / "run"))
    large = {"name": "a_name_of_20_letters", "neurons": 802_816, "spikes_per_image": 80_281_600.0, "mean_rate": 0.2}
    layers = tuple(layer.model_copy(update=large if layer.neurons else {}) for layer in made.layers)
    monkeypatch.setattr("snnconv.reporting.report.report", lambda *given: made.model_copy(update={"layers": layers}))
    out = snnconv("report", tmp_path / "run").out
    table = out[out.index("layers at the last step") :].splitlines()
    assert max(len(line) for line in table) <= 80


def test_the_accuracy_is_drawn_over_the_steps(snnconv, tmp_path) -> None:
    out = snnconv("report", write_run(tmp_path / "run")).out
    assert "accuracy % by step, ╌ the ONNX model" in out
    assert out.count("•") >= 4


def test_a_run_in_80_columns(snnconv, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    out = snnconv("report", write_run(tmp_path / "run")).out
    drawn = [line for line in out.splitlines() if "┤" in line]
    assert drawn
    assert max(map(len, drawn)) <= 80


@pytest.fixture
def two(tmp_path) -> list[object]:
    """Two runs, one of another method."""
    first = SUMMARY["network"] | {"options": {"percentile": 99.9}}
    other = SUMMARY["network"] | {"name": "other.snn", "options": {"percentile": 99.0, "readout": "spikes"}}
    return [
        write_run(tmp_path / "first", SUMMARY | {"network": first}),
        write_run(tmp_path / "second", SUMMARY | {"network": other}),
    ]


def test_runs_stand_side_by_side(snnconv, two) -> None:
    out = snnconv("report", *two, "--profile", "hu2021").out
    assert "first: net.snn on 8 images of images.npz" in out
    # what only one of them says is no difference that is known
    assert "   percentile 99.0\n" in out
    row = next(line for line in out.splitlines() if line.startswith(" stem "))
    assert row.split() == ["stem", "0.5000", "0.5000"]
    assert "0.00 [-19.60, 19.60]" in out
    assert "hu2021 *" in out


def test_several_runs_as_json(snnconv, two) -> None:
    found = snnconv("report", *two, "--json").json
    assert found["format"] == "snnconv.comparison"
    assert [run["run"]["network"]["name"] for run in found["runs"]] == ["net.snn", "other.snn"]


def test_the_largest_drop_holds_for_each_of_several_runs(snnconv, two) -> None:
    assert snnconv("report", *two, "--max-drop", "12.5").code == 0
    done = snnconv("report", *two, "--max-drop", "12.4")
    assert done.code == 4
    assert done.err.count("the loss, 12.5 points, is above 12.4") == 2


def test_cite_prints_bibtex_and_nothing_else(snnconv, two) -> None:
    out = snnconv("report", *two, "--cite").out
    assert out.startswith("@article{hu2021,\n")
    assert out.count("@article{hu2021,") == 1
    assert "steps" not in out


def test_cite_and_json_are_one_or_the_other(snnconv, two) -> None:
    done = snnconv("report", *two, "--cite", "--json", "--html", two[0] / "page.html")
    said = "snnconv: --cite prints BibTeX, --json has the same entries as `citations`; give one of the two\n"
    assert (done.code, done.out, done.err) == (2, "", said)
    assert not (two[0] / "page.html").exists()
    cited = snnconv("report", two[0], "--cite").out
    assert "\n\n".join(snnconv("report", two[0], "--json").json["citations"]) + "\n\n" == cited


def test_a_page_is_written(snnconv, tmp_path) -> None:
    page = tmp_path / "page.html"
    done = snnconv("report", write_run(tmp_path / "run"), "--html", page)
    assert done.code == 0
    assert f"wrote {page}" in done.err
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_page_that_cannot_be_written_is_refused_first(snnconv, tmp_path) -> None:
    done = snnconv("report", write_run(tmp_path / "run"), "--html", tmp_path / "none" / "page.html")
    assert done.code == 3
    assert done.out == ""
    assert "does not exist; make it first" in done.err


def test_a_page_never_writes_over_something_else(snnconv, tmp_path) -> None:
    data = tmp_path / "data.npz"
    data.write_bytes(b"PK\3\4 what took long to make")
    done = snnconv("report", tmp_path / "no run", "--html", data)
    said = f"snnconv: cannot write {data}: the file there is no HTML page; name another file, or remove it first\n"
    assert (done.code, done.out, done.err) == (3, "", said)
    assert data.read_bytes() == b"PK\3\4 what took long to make"
    assert list(tmp_path.iterdir()) == [data]


@pytest.mark.parametrize("name", ["summary.json", "run.json", "parts/00000000.npz", "parts/00000005.npz"])
def test_a_page_never_writes_over_its_run(snnconv, tmp_path, name) -> None:
    run = write_run(tmp_path / "run")
    before = (run / name).read_bytes()
    done = snnconv("report", run, "--html", run / name)
    assert done.code == 3
    assert "this command reads" in done.err
    assert (run / name).read_bytes() == before
    # beside them it may stand, and be made again
    for _ in range(2):
        assert snnconv("report", run, "--html", run / "page.html").code == 0


@pytest.mark.parametrize("limit", ["nan", "inf", "-5"])
def test_a_limit_that_is_no_drop_is_refused_before_anything_is_printed(snnconv, tmp_path, limit) -> None:
    done = snnconv("report", write_run(tmp_path / "run"), "--max-drop", limit)
    said = f"snnconv: --max-drop must be a number of percentage points, at least 0, found {limit}\n"
    assert (done.code, done.out, done.err) == (2, "", said)


def test_long_names_of_layers_are_shortened(snnconv, tmp_path) -> None:
    layers = [row | {"name": f"/stages/stage{i}_block1/relu1/Relu"} for i, row in enumerate(SUMMARY["layers"])]
    out = snnconv("report", write_run(tmp_path / "run", SUMMARY | {"layers": layers})).out
    table = out[out.index("layers at the last step") :]
    assert "stage0_block1" in table
    assert max(map(len, table.splitlines())) <= 80
