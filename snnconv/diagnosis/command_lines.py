"""Command lines that a finding recommends: with the files that the user gave, and the options of the network."""

import shlex
from enum import Enum
from typing import Any

from snnconv.choices import ChannelOrder, Compensation, Objective
from snnconv.conversion.methods import METHODS, check
from snnconv.conversion.options import ConversionOptions
from snnconv.data import size_text
from snnconv.diagnosis.case import Case
from snnconv.errors import UsageError


def convert_again(case: Case, **changes: Any) -> str | None:
    """Give the command that converts the model again, some options changed.

    It is for the steps that were diagnosed, which may be others than the network was converted for. None where the
    options used are not known, or the method cannot do with these.
    """
    options = _changed(case, changes)
    if options is None or not _taken(options):
        return None
    calibration = case.paths.calibration
    words = ["snnconv", "convert", str(case.paths.reference)]
    words += ["--calibration", "X.calib" if calibration is None else str(calibration)]
    if METHODS[options.preset].samples(options):
        words += ["--data", str(case.paths.data)]
    return shlex.join([*words, *_options(options), "-o", f"{case.paths.network.stem}-again.snn"])


def possible(case: Case, **changes: Any) -> bool:
    """Say whether the method that made the network has these options; yes where that is not known."""
    options = _changed(case, changes)
    return options is None or _taken(options)


def calibrate_again(case: Case) -> str:
    """Give the command that calibrates the model on the diagnosed images."""
    words = ["snnconv", "calibrate", str(case.paths.reference), "--data", str(case.paths.data)]
    preprocessing = case.network.preprocessing
    if preprocessing is not None:
        geometry = preprocessing.geometry
        for name, size in (("--resize", geometry.resize), ("--crop", geometry.crop)):
            words += [] if size is None else [name, size_text(size)]
        if geometry.resize is not None:
            words += ["--interpolation", geometry.interpolation.value]
        words += ["--channels", geometry.channels.value] if geometry.channels is not ChannelOrder.RGB else []
        words += ["--scale", f"{preprocessing.scale:g}"]
        for name, value in (("--mean", preprocessing.mean), ("--std", preprocessing.std)):
            if value.size <= preprocessing.input_shape[0]:
                words += [name, ",".join(f"{number:g}" for number in value.ravel().tolist())]
    return shlex.join([*words, "-o", "again.calib"])


def simulate(case: Case, *words: str) -> str:
    """Give the command that simulates the network with other options, on the images that were diagnosed."""
    command = ["snnconv", "simulate", str(case.paths.network), "--data", str(case.paths.data)]
    command += ["--limit", str(case.images)]
    return shlex.join([*command, "--reference", str(case.paths.reference), *words, "-o", "run-again"])


def _taken(options: ConversionOptions) -> bool:
    try:
        check(options)
    except UsageError:
        return False
    return True


def _changed(case: Case, changes: dict[str, Any]) -> ConversionOptions | None:
    if case.options is None:
        return None
    if changes.get("compensation") is Compensation.NONE:
        # what only a compensation has goes with it
        changes = {"objective": Objective.ERROR, "compensate_biases": False, **changes}
    return ConversionOptions.model_validate({**case.options.model_dump(), "steps": case.steps, **changes})


def _options(options: ConversionOptions) -> list[str]:
    """Give what differs from the preset, as options of the command line."""
    given, usual = options.model_dump(), ConversionOptions(preset=options.preset).model_dump()
    words: list[str] = []
    if options.preset is not ConversionOptions().preset:
        words += ["--preset", options.preset.value]
    for name, value in given.items():
        if name == "preset" or value == usual[name]:
            continue
        option = name.replace("_", "-")
        if isinstance(value, bool):
            words.append(f"--{option}" if value else f"--no-{option}")
        else:
            words += [
                f"--{option}",
                f"{value:g}" if isinstance(value, float) else str(value.value if _named(value) else value),
            ]
    return words


def _named(value: Any) -> bool:
    return isinstance(value, Enum)
