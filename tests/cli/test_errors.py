"""Bad input: exit 3, one line on stderr that says what to do, and nothing half-written."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from snnconv.choices import Encoding
from snnconv.ir import file as snn_file

PLAIN = ("--compensation", "none")


def one_line(found, *texts: str) -> None:
    assert found.code == 3, found
    assert found.out == ""
    assert found.err.startswith("snnconv: ")
    assert found.err.count("\n") == 1
    for text in texts:
        assert text in found.err


@pytest.fixture
def calibrate(snnconv, samples, tmp_path):
    """Calibrate with one thing changed; nothing may be written."""

    def run(model=None, data=None, *options):
        before = sorted(tmp_path.iterdir())
        found = snnconv(
            *("calibrate", model or samples / "digits_resnet.onnx"),
            *("--data", data or samples / "digits_calibration.npz"),
            *("--scale", 16, "-o", tmp_path / "x.calib", *options),
        )
        assert found.code == 0 or sorted(tmp_path.iterdir()) == before
        return found

    return run


def test_missing_files(calibrate, snnconv, made, samples, tmp_path) -> None:
    one_line(calibrate(model=tmp_path / "no.onnx"), "no.onnx does not exist")
    one_line(calibrate(data=tmp_path / "no.npz"), "no.npz does not exist")
    one_line(snnconv("simulate", tmp_path / "no.snn", "--data", samples, "-o", tmp_path / "r"), "no.snn does not exist")
    one_line(snnconv("report", tmp_path / "no"), "no does not exist")
    one_line(snnconv("inspect", tmp_path / "no"), "no does not exist")
    model, out = samples / "digits_resnet.onnx", tmp_path / "n.snn"
    one_line(snnconv("convert", model, "--calibration", tmp_path / "no.calib", "-o", out), "no.calib does not exist")


def test_a_text_file_named_onnx(calibrate, tmp_path) -> None:
    (tmp_path / "text.onnx").write_text("I am no model.\n" * 20)
    one_line(calibrate(model=tmp_path / "text.onnx"), "text.onnx is not an ONNX model")


def test_a_truncated_model(calibrate, samples, tmp_path) -> None:
    whole = (samples / "digits_resnet.onnx").read_bytes()
    (tmp_path / "half.onnx").write_bytes(whole[: len(whole) // 2])
    one_line(calibrate(model=tmp_path / "half.onnx"), "half.onnx")


def test_unsupported_operators_are_named_all_at_once(calibrate, tmp_path) -> None:
    nodes = [
        helper.make_node("Sigmoid", ["x"], ["a"], name="gate_a"),
        helper.make_node("Tanh", ["a"], ["b"], name="gate_b"),
        helper.make_node("Frobnicate", ["b"], ["y"], name="mystery", domain="acme"),
    ]
    value = helper.make_tensor_value_info
    graph = helper.make_graph(nodes, "g", [value("x", 1, ["N", 1, 8, 8])], [value("y", 1, ["N", 1, 8, 8])])
    imports = [helper.make_opsetid("", 17), helper.make_opsetid("acme", 1)]
    onnx.save(helper.make_model(graph, opset_imports=imports), tmp_path / "odd.onnx")
    found = calibrate(model=tmp_path / "odd.onnx")
    one_line(found, "3 nodes not supported", "Sigmoid gate_a", "Tanh gate_b", "acme.Frobnicate mystery")


def test_weights_that_are_not_numbers(calibrate, samples, tmp_path) -> None:
    for bad in (np.nan, np.inf):
        model = onnx.load(samples / "digits_resnet.onnx")
        tensor = next(t for t in model.graph.initializer if len(t.dims) == 4)
        values = numpy_helper.to_array(tensor).copy()
        values.flat[3] = bad
        tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
        onnx.save(model, tmp_path / "bad.onnx")
        one_line(calibrate(model=tmp_path / "bad.onnx"), tensor.name, "NaN or infinity")


def test_data_that_do_not_fit(calibrate, tmp_path) -> None:
    np.savez(tmp_path / "shape.npz", x=np.zeros((4, 9, 9), np.uint8))
    one_line(calibrate(data=tmp_path / "shape.npz"), "(4, 9, 9)")
    bad = np.zeros((4, 8, 8), np.float32)
    bad[2, 1, 1] = np.nan
    np.savez(tmp_path / "nan.npz", x=bad)
    one_line(calibrate(None, tmp_path / "nan.npz"), "2", "NaN")
    np.savez(tmp_path / "labels.npz", x=np.zeros((4, 8, 8), np.uint8), y=np.array([0, 1, 10, 2]))
    one_line(calibrate(data=tmp_path / "labels.npz"), "10", "0", "9")
    one_line(calibrate(None, None, "--samples", 9999), "1347 images, 9999 were asked for")


def test_a_layout_for_image_files(calibrate, snnconv, made, samples, tmp_path) -> None:
    (tmp_path / "images").mkdir()
    data, layout = tmp_path / "images", ("--layout", "nchw")
    model, network = samples / "digits_resnet.onnx", made / "digits.snn"
    convert = ("convert", model, "--calibration", made / "digits.calib", *PLAIN, "-o", tmp_path / "n.snn")
    for found in (
        calibrate(None, data, *layout),
        snnconv(*convert, "--data", data, *layout),
        snnconv("simulate", network, "--data", data, *layout, "-o", tmp_path / "run"),
        snnconv("diagnose", network, "--reference", model, "--data", data, *layout),
    ):
        one_line(found, f"{data} is a folder of image files, --layout applies to arrays; leave it out\n")
    assert list(tmp_path.iterdir()) == [data]


def test_a_folder_that_does_not_exist_cannot_be_written_to(snnconv, samples, tmp_path) -> None:
    found = snnconv(
        *("calibrate", samples / "digits_resnet.onnx", "--data", samples / "digits_test.npz", "--samples", 8),
        *("-o", tmp_path / "none" / "x.calib"),
    )
    one_line(found, "the folder", "does not exist; make it first")


def test_a_calibration_of_another_model(snnconv, made, samples, tmp_path) -> None:
    model = onnx.load(samples / "digits_resnet.onnx")
    model.doc_string = "another file"
    onnx.save(model, tmp_path / "other.onnx")
    out = tmp_path / "n.snn"
    found = snnconv("convert", tmp_path / "other.onnx", "--calibration", made / "digits.calib", *PLAIN, "-o", out)
    one_line(found, "the calibration was made from digits_resnet.onnx", "calibrate this model")
    assert not out.exists()


@pytest.mark.parametrize("name", ["digits.snn", "digits.calib"])
def test_tampered_and_newer_files(name, snnconv, made, tmp_path) -> None:
    path = tmp_path / name
    whole = (made / name).read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    one_line(snnconv("inspect", path), name)
    path.write_bytes(whole.replace(b'\\"version\\":1', b'\\"version\\":9'))
    one_line(snnconv("inspect", path), "version 9, this snnconv reads up to 1: upgrade snnconv")
    path.write_bytes(whole[: len(whole) // 2])
    one_line(snnconv("inspect", path), name)
    path.write_text("nothing of the kind")
    one_line(snnconv("inspect", path), name)


def test_a_network_on_other_data(snnconv, made, samples, tmp_path) -> None:
    np.savez(tmp_path / "float.npz", x=np.zeros((4, 8, 8), np.float32))
    found = snnconv("simulate", made / "digits.snn", "--data", tmp_path / "float.npz", "-o", tmp_path / "run")
    advice = (
        "give pixels of 0 to 255, np.round(x * 255).astype(np.uint8) for floats of 0 to 1, or calibrate on this kind"
    )
    one_line(found, f"holds float32, the network was calibrated on uint8; {advice}")
    assert not (tmp_path / "run").exists()
    found = snnconv(
        *("simulate", made / "digits.snn", "--data", samples / "digits_test.npz", "--limit", 451),
        *("-o", tmp_path / "run"),
    )
    one_line(found, "450 images, 451 were asked for")
    network = replace(snn_file.load(made / "digits.snn"), encoding=Encoding.EVENTS)
    snn_file.save(network, tmp_path / "events.snn")
    found = snnconv(
        *("simulate", tmp_path / "events.snn", "--data", samples / "digits_test.npz", "-o", tmp_path / "run"),
    )
    one_line(found, "the encoding events, which the runtime does not run yet")
    assert not (tmp_path / "run").exists()


def test_a_reference_that_is_another_model(snnconv, made, samples, tmp_path) -> None:
    model = onnx.load(samples / "digits_resnet.onnx")
    model.doc_string = "another file"
    onnx.save(model, tmp_path / "other.onnx")
    found = snnconv(
        *(
            "simulate",
            made / "digits.snn",
            "--data",
            samples / "digits_test.npz",
            "--reference",
            tmp_path / "other.onnx",
        ),
        *("-o", tmp_path / "run"),
    )
    one_line(found, "is not the model that the network was converted from: digits_resnet.onnx")


def test_a_folder_with_other_things_is_left_alone(snnconv, made, samples, tmp_path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("dear")
    for options in ([], ["--overwrite"]):
        found = snnconv(
            *("simulate", made / "digits.snn", "--data", samples / "digits_test.npz", "-o", tmp_path / "mine"), *options
        )
        one_line(found, "exists and is no run folder")
    assert [p.name for p in (tmp_path / "mine").iterdir()] == ["thesis.txt"]


def test_names_from_files_do_not_reach_the_terminal_raw(snnconv, tmp_path) -> None:
    path = tmp_path / "a\x1b[31m.snn"
    found = snnconv("inspect", path)
    assert found.code == 3
    assert "\x1b" not in found.err
    assert "\\x1b[31m" in found.err


def test_wrong_usage(snnconv, samples, tmp_path) -> None:
    out = tmp_path / "x.calib"
    for arguments, text in (
        (("calibrate", samples / "digits_resnet.onnx", "-o", out), "give a MODEL.onnx, --data and --out"),
        (("calibrate", "m.onnx", "--data", "d.npz"), "--data and --out"),
        (("calibrate", "--merge", "a.calib", "-o", out), "--merge needs two or more"),
        (("convert", "m", "--calibration", "c", "-o", "n", "--percentile", 101), "--percentile 101 must lie above 0"),
        (("convert", "m", "--calibration", "c", "-o", "n", "--initial-potential", 1), "--initial-potential 1 must lie"),
        (("convert", "m", "--calibration", "c", "-o", "n", "--samples", 4), "--samples counts images of --data"),
        (
            ("convert", "m", "--calibration", "c", "-o", "n", "--compensation", "much"),
            "--compensation much: give search",
        ),
        (("convert", "m", "--calibration", "c", "-o", "n", "--compensation", "-1"), "--compensation -1: give search"),
        (("convert", "m", "--calibration", "c", "-o", "n", "--encoding", "events"), "'constant', 'poisson'"),
        (("simulate", "n", "--data", "d", "-o", "r", "--encoding", "events"), "'constant', 'poisson'"),
    ):
        found = snnconv(*arguments)
        assert found.code == 2
        assert text in found.err


def test_nothing_is_left_when_a_file_is_replaced_in_vain(snnconv, made, samples, tmp_path) -> None:
    shutil.copy(made / "digits.snn", tmp_path / "n.snn")
    before = (tmp_path / "n.snn").read_bytes()
    other = tmp_path / "text.onnx"
    Path(other).write_text("no model")
    assert snnconv("convert", other, "--calibration", made / "digits.calib", *PLAIN, "-o", tmp_path / "n.snn").code == 3
    assert (tmp_path / "n.snn").read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["n.snn", "text.onnx"]


def test_steps_beyond_memory_leave_no_folder(snnconv, made, samples, tmp_path) -> None:
    data, steps = ("--data", samples / "digits_test.npz"), ("--steps", 10**11)
    one_line(snnconv("simulate", made / "digits.snn", *data, *steps, "-o", tmp_path / "run"), "take fewer --steps")
    model, calibration = samples / "digits_resnet.onnx", made / "digits.calib"
    given = ("--calibration", calibration, *PLAIN, *steps)
    one_line(snnconv("convert", model, *given, "-o", tmp_path / "n.snn"), "the counts of 100,000,000,000 steps need")
    one_line(snnconv("diagnose", made / "digits.snn", "--reference", model, *data, *steps), "take fewer --steps")
    assert list(tmp_path.iterdir()) == []
