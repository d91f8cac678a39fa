"""The command that makes the results, on the sample model."""

import datetime
import json
import os
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from snnconv.cli.app import app

SAMPLES = Path(__file__).parents[2] / "sample_models"
STEPS = 32
"""Enough for some images to be right and others wrong."""


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> Path:
    """MODELS and DATA of a tiny case: the sample model, which counts as ResNet-20 here, and 16 test images."""
    root = tmp_path_factory.mktemp("results")
    for name in ("models", "data", "work"):
        (root / name).mkdir()
    shutil.copy(SAMPLES / "digits_resnet.onnx", root / "models")
    train, test = np.load(SAMPLES / "digits_calibration.npz"), np.load(SAMPLES / "digits_test.npz")
    arrays = {
        "x_train": train["x"][:64],
        "y_train": train["y"][:64],
        "x_test": test["x"][:16],
        "y_test": test["y"][:16],
    }
    np.savez(root / "data" / "digits.npz", **arrays)
    return root


@pytest.fixture(scope="module")
def groups(results):
    experiment = results("experiment")
    data = experiment.Dataset("WORK/data/train.npz", "WORK/data/test.npz", split="DATA/digits.npz")
    given = ("--scale", "16", "--mean", "0.5", "--std", "0.5")
    model = experiment.Model("resnet20", "digits", "MODELS/digits_resnet.onnx", data, given)
    absent = experiment.Model("plain20", "absent", "WORK/models/plain20.onnx", data)

    def one(kind, *options, **more):
        return experiment.Experiment(model, kind, options, steps=STEPS, **more)

    poisson = ("--compensation", "none", "--encoding", "poisson")
    return (
        experiment.Group(
            "losses",
            (
                one("none", "--compensation", "none", diagnose=8),
                one("search", "--compensation", "1.1"),
                one("unnorm", "--compensation", "none", "--shortcut", "unnormalised"),
                experiment.Experiment(absent, "none", ()),
            ),
            pairs=(("search", "none"),),
            ratios=(("unnorm", "none", 3.0),),
        ),
        experiment.Group("depth", (one("none", "--compensation", "none", simulate=False, diagnose=8),)),
        experiment.Group("spike_norm", (one("drawn", *poisson, images=8, seeds=(0, 1)),)),
    )


@pytest.fixture(scope="module")
def in_this_process(results):
    """Spare the tests the time that processes take to start."""

    def called(words, places) -> str:
        done = CliRunner().invoke(app, [places.real(word) for word in words])
        assert done.exit_code == 0, done.output
        return done.stdout

    @contextmanager
    def patched():
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(results("tool"), "run", called)
            yield

    return patched


@pytest.fixture(scope="module")
def command(results, folders, groups):
    """Run the command with the tiny case's folders and groups."""

    def run(*more: str) -> int:
        given = [f"--{name}={folders / name}" for name in ("models", "data", "work")]
        files = [f"--results={folders / 'results.json'}", f"--page={folders / 'results.md'}", "--threads=1"]
        return results("run").main([*given, *files, *more], groups, calibration_images=64)

    return run


@pytest.fixture(scope="module")
def made(command, folders, in_this_process) -> dict:
    with in_this_process():
        assert command() == 0
    return json.loads((folders / "results.json").read_text("utf-8"))


def test_every_experiment_that_can_run_has_a_record(made) -> None:
    assert {name: list(records) for name, records in made["groups"].items()} == {
        "losses": ["resnet20-none", "resnet20-search", "resnet20-unnorm"],
        "depth": ["resnet20-none"],
        "spike_norm": ["resnet20-drawn"],
    }
    assert made["not_run"] == [
        {"group": "losses", "experiment": "plain20-none", "why": "WORK/models/plain20.onnx is not there"}
    ]


def test_a_record_has_what_was_run(made) -> None:
    (run,) = made["groups"]["losses"]["resnet20-none"]["runs"]
    assert (run["images"], run["steps"], run["seed"]) == (16, STEPS, None)
    assert [row["step"] for row in run["by_step"]] == [1, 2, 4, 8, 16, 32]
    drawn = made["groups"]["spike_norm"]["resnet20-drawn"]["runs"]
    assert [(run["seed"], run["images"]) for run in drawn] == [(0, 8), (1, 8)]
    diagnosis = made["groups"]["depth"]["resnet20-none"]["diagnosis"]
    assert (diagnosis["images"], diagnosis["steps"]) == (8, STEPS)


def test_a_record_has_the_revision_that_its_network_was_converted_with(made, results) -> None:
    here = results("machine").revision(results("run")._WRITTEN)
    assert {record["network"]["revision"] for record in made["groups"]["losses"].values()} == {here}


def test_a_record_has_what_its_identity_shortcuts_weigh(made) -> None:
    records = made["groups"]["losses"]
    assert records["resnet20-unnorm"]["network"]["shortcuts"] == [1.0, 1.0]
    smallest, largest = records["resnet20-none"]["network"]["shortcuts"]
    assert 0 < smallest < largest < 1


def test_comparisons_follow_from_the_losses_on_the_same_images(made) -> None:
    losses = {
        record["kind"]: record["runs"][0]["by_step"][-1]["loss_points"] for record in made["groups"]["losses"].values()
    }
    gain, ratio = made["comparisons"]["losses"]
    assert gain["points"] == pytest.approx(losses["none"] - losses["search"])
    assert ratio["points"] == pytest.approx(losses["unnorm"] - 3 * losses["none"])
    assert gain["low"] <= gain["points"] <= gain["high"]
    assert ratio["low"] <= ratio["points"] <= ratio["high"]


def test_no_path_of_this_machine_is_in_the_results(made, folders) -> None:
    for name in ("results.json", "results.md"):
        assert str(folders) not in (folders / name).read_text("utf-8")


def test_what_is_there_is_not_made_again(made, command, folders, in_this_process) -> None:
    def stamps() -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in (folders / "work").rglob("*") if path.is_file()}

    before = stamps()
    with in_this_process():
        assert command("--only", "losses") == 0
    assert stamps() == before
    assert json.loads((folders / "results.json").read_text("utf-8"))["groups"] == made["groups"]


def test_the_list_says_what_is_done_and_what_is_missing(made, command, capsys) -> None:
    assert command("--list") == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "losses resnet20-none done" in lines
    assert "losses plain20-none cannot run: WORK/models/plain20.onnx is not there" in lines


def test_where_nothing_can_be_run_no_file_is_written(command, folders, tmp_path, capsys) -> None:
    written = [folders / name for name in ("results.json", "results.md")]
    before = [path.read_bytes() for path in written]
    assert command("--only", "plain20-none") == 1
    assert "plain20-none: WORK/models/plain20.onnx is not there; left out" in capsys.readouterr().err
    assert [path.read_bytes() for path in written] == before


def test_the_page_alone_needs_no_other_folder(made, results, folders) -> None:
    page = folders / "results.md"
    before = page.read_text("utf-8")
    page.unlink()
    arguments = ["--page-only", f"--results={folders / 'results.json'}", f"--page={page}"]
    assert results("run").main(arguments) == 0
    assert page.read_text("utf-8") == before


def test_a_process_that_fails_is_told_and_does_not_stop_the_others(results, folders, groups, made) -> None:
    group = groups[0]
    experiment = results("experiment")
    model = group.experiments[0].model
    wrong = experiment.Experiment(model, "wrong", ("--compensation", "never"), steps=STEPS)
    files = [f"--results={folders / 'failed.json'}", f"--page={folders / 'failed.md'}"]
    given = [f"--{name}={folders / name}" for name in ("models", "data", "work")]
    both = (experiment.Group("losses", (wrong, group.experiments[0])),)
    assert results("run").main([*given, *files], both, calibration_images=64) == 1
    content = json.loads((folders / "failed.json").read_text("utf-8"))
    assert list(content["groups"]["losses"]) == ["resnet20-none"]
    assert content["not_run"][0]["why"] == "snnconv convert ended with exit code 2"
    assert not (folders / "work" / "nets" / "resnet20-wrong.snn").exists()


def test_a_run_that_was_deleted_is_made_again_alike(made, command, folders, in_this_process, capsys) -> None:
    shutil.rmtree(folders / "work" / "runs" / "resnet20-drawn-s1")
    assert command("--list") == 0
    assert "missing: WORK/runs/resnet20-drawn-s1" in capsys.readouterr().out
    with in_this_process():
        assert command("--only", "spike_norm") == 0
    again = json.loads((folders / "results.json").read_text("utf-8"))["groups"]["spike_norm"]["resnet20-drawn"]
    before = made["groups"]["spike_norm"]["resnet20-drawn"]
    for run in (*again["runs"], *before["runs"]):
        del run["seconds"]
    assert again == before


@pytest.mark.parametrize("code", [130, 143])
def test_a_command_that_was_stopped_stops_all(results, folders, monkeypatch, code) -> None:
    tool, places = results("tool"), results("places").Places(folders, folders, folders)
    monkeypatch.setattr(tool, "SNNCONV", (sys.executable, "-c", f"raise SystemExit({code})"))
    with pytest.raises(KeyboardInterrupt):
        tool.run(["simulate"], places)


def test_a_record_is_as_old_as_the_last_of_its_files(made, command, folders, in_this_process) -> None:
    day = datetime.datetime(2001, 2, 3, 12, tzinfo=datetime.UTC)
    network = folders / "work" / "nets" / "resnet20-unnorm.snn"
    for days, path in enumerate((network, folders / "work" / "runs" / "resnet20-unnorm" / "summary.json")):
        seconds = (day + datetime.timedelta(days)).timestamp()
        os.utime(path, (seconds, seconds))
    with in_this_process():
        assert command("--only", "resnet20-unnorm") == 0
    records = json.loads((folders / "results.json").read_text("utf-8"))["groups"]["losses"]
    assert records["resnet20-unnorm"]["date"] == "2001-02-04"
