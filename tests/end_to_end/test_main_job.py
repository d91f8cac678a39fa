"""The main job on the sample model, by the command line: calibrate, convert, simulate, report."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from snnconv.files import sealed

SAMPLES = Path(__file__).parents[2] / "sample_models"
MODEL = SAMPLES / "digits_resnet.onnx"
STEPS = 64
PLAIN = ("--compensation", "none")


def snnconv(*arguments: object, check: bool = True) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from snnconv.cli import main; main()", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert not check or done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """The four files of the main job, made by the four commands."""
    made = tmp_path_factory.mktemp("job")
    snnconv(
        *("calibrate", MODEL, "--data", SAMPLES / "digits_calibration.npz"),
        *("--scale", 16, "--mean", 0.5, "--std", 0.5, "-o", made / "digits.calib"),
    )
    snnconv(
        "convert", MODEL, "--calibration", made / "digits.calib", *PLAIN, "--steps", STEPS, "-o", made / "digits.snn"
    )
    snnconv(*simulate(made, made / "run"))
    return made


def simulate(made: Path, run: Path, *options: object) -> list[object]:
    return [
        *("simulate", made / "digits.snn", "--data", SAMPLES / "digits_test.npz", "--reference", MODEL, "-o", run),
        *options,
    ]


def summary(run: Path) -> dict:
    content = json.loads((run / "summary.json").read_text())
    del content["digest"]
    return content


def test_the_network_keeps_the_models_accuracy(folder) -> None:
    found = summary(folder / "run")
    assert found["complete"]
    assert found["images"] == 450
    assert list(found["accuracy"]) == ["1", "2", "4", "8", "16", "32", "64"]
    assert found["reference_accuracy"] == pytest.approx(449 / 450)
    # what this run gives is deterministic, but may move by an image with another version of onnxruntime
    assert found["accuracy"]["64"] >= 0.98
    assert found["agreement"]["64"] >= 0.98
    assert found["accuracy"]["1"] < 0.3
    assert found["top5"]["64"] >= found["accuracy"]["64"]


def test_counts_add_up(folder) -> None:
    found = summary(folder / "run")
    assert sum(layer["spikes_per_image"] for layer in found["layers"]) == pytest.approx(
        found["spikes_per_image"]["64"], rel=1e-12
    )
    assert sum(layer["synops_per_image"] for layer in found["layers"]) == pytest.approx(
        found["synops_per_image"]["64"], rel=1e-12
    )
    for layer in found["layers"]:
        rate = layer["spikes_per_image"] / (layer["neurons"] * STEPS)
        assert layer["mean_rate"] == pytest.approx(rate, rel=1e-12)
        assert 0 <= rate <= 1


def test_the_report_prices_the_run(folder) -> None:
    found = json.loads(snnconv("report", folder / "run", "--energy", "--json").stdout)
    run = summary(folder / "run")
    energy = {estimate["profile_id"]: estimate for estimate in found["energy"]}
    assert set(energy) >= {"hu2021", "cmos45-fp32", "loihi1"}
    synops = run["synops_per_image"]["64"]
    assert energy["loihi1"]["snn"]["uj"] == pytest.approx(synops * 23.6e-6)
    assert energy["hu2021"]["snn"]["uj"] == pytest.approx(synops * 0.077e-6)
    assert energy["hu2021"]["ann"]["uj"] == pytest.approx(run["operations"]["ann_macs"] * 12.5e-6)
    assert energy["hu2021"]["ann_uj_two_flops_per_mac"] == pytest.approx(2 * energy["hu2021"]["ann"]["uj"])
    assert energy["hu2021"]["mixed_technology"]
    assert not energy["cmos45-fp32"]["mixed_technology"]
    last = found["accuracy_by_step"][-1]
    assert last["loss_points"] == pytest.approx(100 * (run["reference_accuracy"] - run["accuracy"]["64"]))
    assert last["loss_points_low"] < last["loss_points"] < last["loss_points_high"]
    text = snnconv("report", folder / "run", "--energy").stdout
    assert all(estimate["profile_id"] in text for estimate in found["energy"])
    named = [word for name in ("hu2021", "cmos45-fp32", "loihi1") for word in ("--profile", name)]
    text = snnconv("report", folder / "run", *named).stdout
    for expected in ("Stratix 10", "ROLLS", "45 nm CMOS", "Loihi", "different technologies", "left out: "):
        assert expected in text


def test_max_drop_decides_the_exit_code(folder, short_run) -> None:
    assert snnconv("report", folder / "run", "--max-drop", 50).returncode == 0
    # after two steps hardly any class is right
    assert snnconv("report", short_run[1], "--max-drop", 50, check=False).returncode == 4


def test_repeated_commands_write_the_same_bytes(folder, tmp_path) -> None:
    snnconv(
        *("calibrate", MODEL, "--data", SAMPLES / "digits_calibration.npz"),
        *("--scale", 16, "--mean", 0.5, "--std", 0.5, "-o", tmp_path / "digits.calib", "--threads", 1),
    )
    assert (tmp_path / "digits.calib").read_bytes() == (folder / "digits.calib").read_bytes()
    snnconv(
        "convert", MODEL, "--calibration", tmp_path / "digits.calib", *PLAIN, "--steps", STEPS, "-o", tmp_path / "n.snn"
    )
    assert (tmp_path / "n.snn").read_bytes() == (folder / "digits.snn").read_bytes()


def test_threads_and_batches_change_nothing(folder, tmp_path) -> None:
    snnconv(*simulate(folder, tmp_path / "run", "--threads", 1, "--batch-size", 7, "--limit", 96))
    whole = sorted((folder / "run" / "parts").iterdir())[:6]
    for path, expected in zip(sorted((tmp_path / "run" / "parts").iterdir()), whole, strict=True):
        with np.load(path) as found, np.load(expected) as wanted:
            # the digest names the run too, and that one is longer
            for name in set(wanted.files) - {"digest"}:
                np.testing.assert_array_equal(found[name], wanted[name])


def columns(run: Path) -> dict[str, np.ndarray]:
    """The parts of a run put together: by image one after the other, by step added up."""
    parts = []
    for path in sorted((run / "parts").iterdir()):
        with np.load(path) as archive:
            # the digest is of a part, and parts may be cut in other places
            parts.append({name: archive[name] for name in archive.files if name != "digest"})
    return {
        name: sum(part[name] for part in parts)
        if name in ("spikes", "synops")
        else np.concatenate([part[name] for part in parts])
        for name in parts[0]
    }


def test_a_large_batch_is_one_piece_and_may_go_on_with_another_size(folder, tmp_path) -> None:
    short = ("--limit", 100, "--steps", 4)
    snnconv(*simulate(folder, tmp_path / "small", *short))
    snnconv(*simulate(folder, tmp_path / "large", *short, "--batch-size", 64))
    parts = tmp_path / "large" / "parts"
    assert sorted(path.name for path in parts.iterdir()) == ["00000000.npz", "00000064.npz"]
    (parts / "00000064.npz").unlink()
    snnconv(*simulate(folder, tmp_path / "large", *short))
    assert sorted(path.name for path in parts.iterdir()) == [f"{first:08d}.npz" for first in (0, 64, 80, 96)]
    found, expected = columns(tmp_path / "large"), columns(tmp_path / "small")
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], values)
    assert summary(tmp_path / "large")["accuracy"] == summary(tmp_path / "small")["accuracy"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interruption_keeps_what_is_done_and_the_command_goes_on(number, code, folder, tmp_path) -> None:
    run = tmp_path / "run"
    # one thread, so that there is time to interrupt it on a busy machine
    given = map(str, simulate(folder, run, "--threads", 1))
    command = [sys.executable, "-c", "from snnconv.cli import main; main()", *given]
    # where the tests run in the background SIGINT is ignored, and a child would inherit that; a handler it does not
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    signal.signal(signal.SIGINT, before)
    deadline = time.monotonic() + 60
    # between the writing of a part and its counting it may be interrupted too; where a second is, the first was counted
    while len(list((run / "parts").glob("*.npz"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(process.pid, number)
    _, err = process.communicate(timeout=30)
    assert process.returncode == code, err
    assert "what is finished is kept" in err
    half = summary(run)
    assert not half["complete"]
    assert 0 < half["images"] < 450
    report = json.loads(snnconv("report", run, "--json").stdout)
    assert not report["complete"]
    first = (run / "parts" / "00000000.npz").stat().st_mtime_ns
    snnconv(*simulate(folder, run))
    assert (run / "parts" / "00000000.npz").stat().st_mtime_ns == first
    found, expected = summary(run), summary(folder / "run")
    for key in ("accuracy", "agreement", "spikes_per_image", "synops_per_image", "layers", "complete", "images"):
        assert found[key] == expected[key]


def test_a_finished_run_is_not_run_again(folder) -> None:
    before = sorted((p.name, p.stat().st_mtime_ns) for p in (folder / "run" / "parts").iterdir())
    snnconv(*simulate(folder, folder / "run"))
    assert sorted((p.name, p.stat().st_mtime_ns) for p in (folder / "run" / "parts").iterdir()) == before


def test_another_request_names_the_difference(folder) -> None:
    done = snnconv(*simulate(folder, folder / "run", "--steps", 8), check=False)
    assert done.returncode == 3
    assert "holds a run with other steps (64, now 8); name another folder or add --overwrite" in done.stderr


def test_overwrite_starts_anew_and_leaves_the_files_of_others(folder, tmp_path) -> None:
    run = tmp_path / "run"
    snnconv(*simulate(folder, run, "--steps", 4, "--limit", 32))
    (run / "notes.txt").write_text("mine")
    (run / "parts" / "mine.npz").write_text("mine")
    (run / "parts" / f".snnconv-{'0' * 16}.part").write_text("left over")
    snnconv(*simulate(folder, run, "--steps", 8, "--limit", 16, "--overwrite"))
    assert summary(run)["steps"] == 8
    assert sorted(str(path.relative_to(run)) for path in run.rglob("*")) == [
        *(
            ".lock",
            "notes.txt",
            "observation.json",
            "parts",
            "parts/00000000.npz",
            "parts/mine.npz",
            "run.json",
            "summary.json",
        )
    ]


@pytest.fixture
def short_run(folder, tmp_path) -> tuple[list[object], Path]:
    """A finished run of 32 images, and its command."""
    run = tmp_path / "run"
    command = simulate(folder, run, "--steps", 2, "--limit", 32)
    snnconv(*command)
    return command, run


@pytest.mark.parametrize("text", [None, "{", '{"seconds": null}', '{"seconds": "long"}', "[]"])
@pytest.mark.parametrize("finished", [True, False])
def test_a_lost_or_damaged_summary_is_written_anew(finished, text, short_run) -> None:
    command, run = short_run
    expected = summary(run)
    (run / "summary.json").unlink()
    if text is not None:
        (run / "summary.json").write_text(text)
    if not finished:
        (run / "parts" / "00000016.npz").unlink()
    snnconv(*command)
    found = summary(run)
    assert found.keys() == expected.keys()
    for key in expected.keys() - {"seconds", "images_per_second"}:
        assert found[key] == expected[key]
    assert (found["seconds"] == 0) == finished


def test_a_summary_behind_the_parts_of_a_finished_run_is_brought_up_to_date(short_run) -> None:
    command, run = short_run
    expected = summary(run)
    sealed.write(run / "summary.json", expected | {"images": 16, "complete": False})
    snnconv(*command)
    # it contradicts itself: its tables are those of 32 images
    found = summary(run)
    timed = ("seconds", "images_per_second")
    assert found == expected | {name: found[name] for name in timed}


def test_a_run_goes_on_behind_a_damaged_part_once_that_is_gone(short_run) -> None:
    command, run = short_run
    part = run / "parts" / "00000016.npz"
    whole = part.read_bytes()
    part.write_bytes(whole[:-9])
    for done in (snnconv(*command, check=False), snnconv("report", run, check=False)):
        assert done.returncode == 3
        assert "00000016.npz is damaged" in done.stderr
        assert done.stderr.count("\n") == 1
    assert (run / "parts" / "00000000.npz").is_file()
    part.unlink()
    snnconv(*command)
    with np.load(run / "parts" / "00000016.npz") as found:
        assert len(found["labels"]) == 16
    assert snnconv("report", run).returncode == 0


def test_inspect_checks_a_run(short_run) -> None:
    _, run = short_run
    found = json.loads(snnconv("inspect", run, "--json").stdout)
    assert found["summary"] == summary(run)
    assert found["run"]["request"]["steps"] == 2
    assert "planned images" in snnconv("inspect", run).stdout
    before = (run / "summary.json").read_text()
    for name, data, text in (
        ("summary.json", before.replace('"images": 32', '"images": 31').encode(), "does not match its digest"),
        ("summary.json", b'{"steps": 3}', "summary.json is damaged"),
        ("parts/00000016.npz", b"x", "00000016.npz is damaged"),
        ("run.json", b'{"request": []}', "run.json is damaged"),
    ):
        whole = (run / name).read_bytes()
        (run / name).write_bytes(data)
        done = snnconv("inspect", run, check=False)
        (run / name).write_bytes(whole)
        assert done.returncode == 3
        assert text in done.stderr
        assert done.stderr.count("\n") == 1


def test_without_labels_and_reference(folder, tmp_path) -> None:
    with np.load(SAMPLES / "digits_test.npz") as data:
        np.save(tmp_path / "x.npy", data["x"][:20])
    snnconv("simulate", folder / "digits.snn", "--data", tmp_path / "x.npy", "--steps", 8, "-o", tmp_path / "run")
    found = summary(tmp_path / "run")
    assert found["accuracy"] is found["agreement"] is found["reference_accuracy"] is found["top5"] is None
    assert found["spikes_per_image"]["8"] > 0


@pytest.mark.parametrize("options", [(), ("--overwrite",), ("--steps", 9)])
def test_two_processes_do_not_share_a_run_folder(options, folder, tmp_path) -> None:
    run = tmp_path / "run"
    # so many steps that the first part is far away
    arguments = simulate(folder, run, "--steps", 100_000, "--threads", 1)
    command = [sys.executable, "-c", "from snnconv.cli import main; main()", *map(str, arguments)]
    first = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + 60
        while not (run / "summary.json").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        # it stands still and holds the folder
        first.send_signal(signal.SIGSTOP)
        before = (run / "run.json").read_bytes()
        second = snnconv(*arguments, *options, check=False)
        report = snnconv("report", run, check=False)
    finally:
        first.send_signal(signal.SIGCONT)
        first.send_signal(signal.SIGTERM)
        first.communicate(timeout=30)
    assert second.returncode == 3
    assert second.stderr == (
        f"snnconv: another process is simulating into {run}; wait for it, or name another folder\n"
    )
    assert (run / "run.json").read_bytes() == before
    assert report.returncode == 3
    assert "holds no images yet" in report.stderr
    # a run without finished parts is replaced
    snnconv(*simulate(folder, run, "--steps", 2, "--limit", 16))
    assert summary(run)["complete"]


def test_data_beyond_the_calibrated_range_leave_no_folder(folder, tmp_path) -> None:
    np.savez(tmp_path / "loud.npz", x=np.full((4, 8, 8), 255, np.uint8))
    arguments = ("simulate", folder / "digits.snn", "--data", tmp_path / "loud.npz", "-o", tmp_path / "run")
    done = snnconv(*arguments, check=False)
    assert done.returncode == 3
    assert "those of the calibration" in done.stderr
    assert not (tmp_path / "run").exists()


def test_names_that_are_no_unicode(folder, tmp_path) -> None:
    places = {
        suffix: Path(os.fsdecode(os.fsencode(tmp_path / "n") + b"\xff" + suffix)) for suffix in (b".snn", b".npz")
    }
    places[b".snn"].write_bytes((folder / "digits.snn").read_bytes())
    places[b".npz"].write_bytes((SAMPLES / "digits_test.npz").read_bytes())
    run = Path(os.fsdecode(os.fsencode(tmp_path / "run") + b"\xff"))
    arguments = ["simulate", places[b".snn"], "--data", places[b".npz"], "--steps", 2, "--limit", 16, "-o", run]
    made = json.loads(snnconv(*arguments, "--json").stdout)
    assert made["network"]["name"] == r"n\udcff.snn"
    assert made["data"]["name"] == r"n\udcff.npz"
    # a second time: the request is compared, and the run is finished
    assert json.loads(snnconv(*arguments, "--json").stdout) == made
    for command, key in (("report", "run"), ("inspect", "summary")):
        assert json.loads(snnconv(command, run, "--json").stdout)[key]["network"]["name"] == r"n\udcff.snn"
        assert r"\udcff" in snnconv(command, run).stdout


def test_paths_that_cannot_be_used(folder, tmp_path) -> None:
    os.mkfifo(tmp_path / "pipe")
    long = tmp_path / ("n" * 300)
    network, data = folder / "digits.snn", SAMPLES / "digits_test.npz"
    for path, text in ((tmp_path / "pipe", "it is a pipe or a device"), (long, "File name too long")):
        for arguments in (
            ("simulate", path, "--data", data, "-o", tmp_path / "run"),
            ("simulate", network, "--data", path, "-o", tmp_path / "run"),
            ("simulate", network, "--data", data, "--reference", path, "-o", tmp_path / "run"),
            ("simulate", network, "--data", data, "--labels", path, "-o", tmp_path / "run"),
            ("inspect", path),
        ):
            done = snnconv(*arguments, check=False)
            assert done.returncode == 3, done.stderr
            assert text in done.stderr
            assert done.stderr.count("\n") == 1
    for out, text in ((tmp_path / "pipe", "is no run folder"), (long, "too long"), (network / "run", "cannot")):
        done = snnconv("simulate", network, "--data", data, "-o", out, check=False)
        assert done.returncode == 3, done.stderr
        assert text in done.stderr
        assert done.stderr.count("\n") == 1


def test_merged_calibrations_convert(folder, tmp_path) -> None:
    with np.load(SAMPLES / "digits_calibration.npz") as data:
        for name, part in (("a", slice(0, 700)), ("b", slice(700, None))):
            np.savez(tmp_path / f"{name}.npz", x=data["x"][part], y=data["y"][part])
    for name in ("a", "b"):
        snnconv(
            *("calibrate", MODEL, "--data", tmp_path / f"{name}.npz", "--scale", 16, "--mean", 0.5, "--std", 0.5),
            *("-o", tmp_path / f"{name}.calib"),
        )
    both = tmp_path / "both.calib"
    snnconv("calibrate", "--merge", tmp_path / "a.calib", "--merge", tmp_path / "b.calib", "-o", both)
    merged = json.loads(snnconv("inspect", both, "--json").stdout)
    whole = json.loads(snnconv("inspect", folder / "digits.calib", "--json").stdout)
    assert merged["images"] == whole["images"] == 1347
    for found, expected in zip(merged["values"], whole["values"], strict=True):
        # onnxruntime may round a batch of another size differently: a number can change its bin
        assert found["percentile_99_9"] == pytest.approx(expected["percentile_99_9"], rel=2**-7)
        assert found["largest"] == pytest.approx(expected["largest"], rel=1e-5)
    done = snnconv(
        "calibrate", "--merge", both, "--merge", tmp_path / "a.calib", "-o", tmp_path / "c.calib", check=False
    )
    assert done.returncode == 3
    assert "share 700 images" in done.stderr
