"""The whole error tree.

::

    SnnconvError
    ├── InputError (ValueError)          an input that cannot be used: exit code 3
    │   ├── FileMissingError (FileNotFoundError)
    │   ├── ForeignFileError             a file that is none of this package's
    │   ├── ModelError                   the ONNX file
    │   │   └── UnsupportedOperatorError every unsupported node at once, each by name
    │   ├── DataError                    images, arrays, labels, preprocessing
    │   ├── CalibrationError             a .calib file, or one that does not fit the model
    │   ├── NetworkError                 a .snn file, or a network that breaks the IR's rules
    │   │   └── NotRunnableError         valid, but no backend runs it
    │   ├── ParityError                  a stage no longer computes what the ONNX model computes
    │   ├── RunError                     a run folder that does not fit the command
    │   └── ProfileError                 an energy profile
    └── UsageError (ValueError)          options that contradict each other: exit code 2

Every message says what, found against expected, and what to do, in one line. ``cli/`` prints it and ends with
the exit code; any other exception is a bug and shows its traceback.
"""


class SnnconvError(Exception):
    """Root of all errors that this package raises on purpose."""


class InputError(SnnconvError, ValueError):
    """An input that cannot be used."""


class FileMissingError(InputError, FileNotFoundError):
    """A path that does not exist."""


class ForeignFileError(InputError):
    """A file that is none of this package's, or so damaged that it cannot be told."""


class ModelError(InputError):
    """An ONNX file that cannot be read or holds unusable values."""


class UnsupportedOperatorError(ModelError):
    """Operators that cannot be converted; the message lists every node."""


class DataError(InputError):
    """Images, arrays, labels or preprocessing that cannot be used."""


class CalibrationError(InputError):
    """A calibration that is damaged, newer, or made from something else."""


class NetworkError(InputError):
    """A spiking network that is damaged, newer, or breaks the rules of the IR."""


class NotRunnableError(NetworkError):
    """A valid network with a node or parameter that the backend does not run."""


class ParityError(InputError):
    """A stage of the conversion no longer computes what the ONNX model computes."""


class RunError(InputError):
    """A run folder that does not fit the command."""


class ProfileError(InputError):
    """An energy profile that cannot be used."""


class UsageError(SnnconvError, ValueError):
    """Options that contradict each other."""
