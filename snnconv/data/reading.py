"""What goes wrong while files are read becomes one of our errors."""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from snnconv.errors import DataError, FileMissingError, InputError


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Turn the errors of the file system, of zip files and of decompression into a `DataError`.

    Parameters
    ----------
    what : str
        What is read, as messages name it.

    Raises
    ------
    FileMissingError
        If there is no such file.
    DataError
        If it is damaged or cannot be read.
    """
    try:
        yield
    except InputError as error:
        # what the files below say of a path is here said of data
        if type(error) is InputError:
            raise DataError(str(error)) from error
        raise
    except FileNotFoundError as error:
        raise FileMissingError(f"{what} does not exist; check the path") from error
    # a name in a zip file may claim to be UTF-8 and not be it
    except (zipfile.BadZipFile, zlib.error, EOFError, UnicodeDecodeError) as error:
        raise DataError(f"{what} is damaged: {error}; make or download it anew") from error
    except NotImplementedError as error:
        raise DataError(f"{what} cannot be read: {error}; make the zip file anew") from error
    except OSError as error:
        raise DataError(f"{what} cannot be read: {error.strerror or error}") from error
