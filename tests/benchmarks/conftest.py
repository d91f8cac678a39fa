"""The modules of benchmarks/results, which are scripts and no package."""

import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks" / "results"


@pytest.fixture(scope="module")
def results():
    """Give a function that imports a module of benchmarks/results by name."""
    before = list(sys.path), set(sys.modules)
    # run.py takes machine.py from one folder up
    sys.path[:0] = [str(RESULTS), str(RESULTS.parent)]

    def module(name: str) -> ModuleType:
        return importlib.import_module(name)

    yield module
    sys.path[:] = before[0]
    # names as plain as `page` must not be found by other tests
    for name in set(sys.modules) - before[1]:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(RESULTS.parent)):
            del sys.modules[name]
