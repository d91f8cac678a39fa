"""snnconv: a trained ResNet in an ONNX file becomes a spiking neural network.

::

    import snnconv

    snnconv.calibrate("resnet.onnx", "train.npz", "resnet.calib", samples=1000)
    snnconv.convert("resnet.onnx", "resnet.calib", "resnet.snn", snnconv.ConversionOptions(steps=100))
    snnconv.simulate("resnet.snn", "test.npz", "run", snnconv.SimulateOptions(limit=500))
    print(snnconv.report("run").accuracy_by_step[-1])

Each function does what the command of its name does; paths may be ``str`` or ``Path``. What cannot be done raises an
`InputError` or a `UsageError` (see `snnconv.errors`), and options of a wrong type or value pydantic's ValidationError.
"""

from importlib import import_module

# typing's own takes longer to import than all else here, and the command line is not there before it
TYPE_CHECKING = False

if TYPE_CHECKING:
    from snnconv.commands.calibrate import PreprocessingOptions as PreprocessingOptions
    from snnconv.commands.calibrate import calibrate as calibrate
    from snnconv.commands.check import check as check
    from snnconv.commands.convert import convert as convert
    from snnconv.commands.diagnose import DiagnoseOptions as DiagnoseOptions
    from snnconv.commands.diagnose import diagnose as diagnose
    from snnconv.commands.inspect import inspect as inspect
    from snnconv.commands.simulate import simulate as simulate
    from snnconv.commands.simulate_options import SimulateOptions as SimulateOptions
    from snnconv.conversion.options import ConversionOptions as ConversionOptions
    from snnconv.data.geometry import Geometry as Geometry
    from snnconv.errors import InputError as InputError
    from snnconv.errors import SnnconvError as SnnconvError
    from snnconv.errors import UsageError as UsageError
    from snnconv.reporting.compare import compare as compare
    from snnconv.reporting.report import report as report

__version__ = "0.1.0"

_HOMES = {
    "ConversionOptions": "snnconv.conversion.options",
    "DiagnoseOptions": "snnconv.commands.diagnose",
    "Geometry": "snnconv.data.geometry",
    "InputError": "snnconv.errors",
    "PreprocessingOptions": "snnconv.commands.calibrate",
    "SimulateOptions": "snnconv.commands.simulate_options",
    "SnnconvError": "snnconv.errors",
    "UsageError": "snnconv.errors",
    "calibrate": "snnconv.commands.calibrate",
    "check": "snnconv.commands.check",
    "compare": "snnconv.reporting.compare",
    "convert": "snnconv.commands.convert",
    "diagnose": "snnconv.commands.diagnose",
    "inspect": "snnconv.commands.inspect",
    "report": "snnconv.reporting.report",
    "simulate": "snnconv.commands.simulate",
}

__all__ = [  # noqa: PLE0604 - made from the table above, so that nothing is named twice
    "__version__",
    *_HOMES,
]


def __getattr__(name: str) -> object:
    # NumPy, onnx and pydantic are imported when a function is first asked for: `snnconv --help` needs none of them
    if name not in _HOMES:
        raise AttributeError(f"module 'snnconv' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
