"""The networks that are measured, with their images: the sample model, or CIFAR ResNets that the user gives."""

import argparse
from dataclasses import dataclass
from pathlib import Path

SAMPLES = Path(__file__).parent.parent / "sample_models"
CIFAR = ("resnet20_cifar10", "resnet56_cifar10")


@dataclass(frozen=True)
class Case:
    """A network and its images.

    Attributes
    ----------
    name : str
    model : Path
        ONNX file.
    calibration, test : Path
        Data as ``snnconv --data`` takes it.
    samples : int
        Images for calibration.
    scale : float or None
    mean, std : str
        Preprocessing.
    images : int
        Test images to time, unless the user says otherwise.
    """

    name: str
    model: Path
    calibration: Path
    test: Path
    samples: int
    scale: float | None
    mean: str
    std: str
    images: int

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that figures depend on."""
        return self.model, self.calibration, self.test


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that choose networks."""
    parser.add_argument("--models", type=Path, metavar="DIR", help=f"folder with {' and '.join(CIFAR)} (.onnx)")
    parser.add_argument("--data", type=Path, metavar="DIR", help="folder with test.npz, and train.zip for calibration")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these networks alone")


def chosen(options: argparse.Namespace) -> list[Case]:
    """Give the networks that the options name: CIFAR's with --models and --data, else the sample model.

    Raises
    ------
    SystemExit
        If a folder lacks what it should hold, or nothing is left.
    """
    if (options.models is None) != (options.data is None):
        raise SystemExit("--models and --data go together")
    cases = [sample()] if options.models is None else cifar(options.models, options.data)
    if options.only:
        cases = [case for case in cases if case.name in options.only]
    if not cases:
        raise SystemExit(f"no network to measure: looked for {', '.join(options.only or CIFAR)}")
    return cases


def sample() -> Case:
    """Give the digits ResNet-14 that comes with the project."""
    calibration, test = SAMPLES / "digits_calibration.npz", SAMPLES / "digits_test.npz"
    return Case("digits_resnet", SAMPLES / "digits_resnet.onnx", calibration, test, 1000, 16, "0.5", "0.5", 384)


def cifar(models: Path, data: Path) -> list[Case]:
    """Give those of the CIFAR ResNets that are there."""
    test = data / "test.npz"
    if not test.is_file():
        raise SystemExit(f"{data} has no test.npz; README.md says how to make it")
    calibration = data / "train.zip"
    calibration = calibration if calibration.is_file() else test
    mean, std = "0.485,0.456,0.406", "0.229,0.224,0.225"
    found = [models / f"{name}.onnx" for name in CIFAR if (models / f"{name}.onnx").is_file()]
    return [Case(path.stem, path, calibration, test, 1000, None, mean, std, 128) for path in found]
