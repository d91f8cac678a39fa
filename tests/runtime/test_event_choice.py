"""Which backend and which instruction set run a network, and what a person is told of it."""

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from snnconv.choices import BackendName
from snnconv.cli.app import app
from snnconv.data import make_preprocessing
from snnconv.errors import NotRunnableError
from snnconv.ir import file
from snnconv.ir.network import SpikingNetwork
from snnconv.runtime.backends import choose
from snnconv.runtime.event import isa
from tests.runtime.wirings import Net

built = pytest.mark.skipif(not isa.is_built(), reason="the kernel was not built: there was no C compiler")

NOT_BUILT = "the event-driven kernel is not there: snnconv was installed without a C compiler"


def small_network(exact: bool = True) -> SpikingNetwork:
    """Make one whose channels, taken one by two, run in NumPy; without exact sums the kernel takes nothing of it."""
    m = Net()
    cut = m.select("cut", m.start(4), steps=(2, 1, 1))
    preprocessing = make_preprocessing("float32", (2, 6, 5), scale=1.0, mean="0", std="1")
    return replace(m.finish(m.neurons("n1", m.conv("c1", cut, 4)), exact, steps=4), preprocessing=preprocessing)


@pytest.fixture
def warnings(monkeypatch, caplog) -> pytest.LogCaptureFixture:
    """Catch the library's notes, also where a command line before this test has redirected them."""
    monkeypatch.setattr(logging.getLogger("snnconv"), "propagate", True)
    caplog.set_level(logging.WARNING, "snnconv")
    return caplog


@pytest.fixture
def no_kernel(monkeypatch) -> None:
    monkeypatch.setattr(isa, "missing", lambda: NOT_BUILT)


@built
def test_auto_takes_the_kernel(warnings) -> None:
    assert choose(BackendName.AUTO, small_network()).name == "event"
    assert choose(BackendName.EVENT, small_network()).name == "event"
    assert choose(BackendName.NUMPY, small_network()).name == "numpy"
    assert not warnings.records


@built
def test_auto_takes_numpy_where_the_kernel_would_run_nothing(warnings) -> None:
    network = small_network(exact=False)
    assert choose(BackendName.AUTO, network).name == "numpy"
    # who asks for it gets it, with every node in NumPy
    assert choose(BackendName.EVENT, network).name == "event"
    assert not warnings.records


def test_auto_notes_that_the_kernel_is_missing(no_kernel, warnings) -> None:
    backend = choose(BackendName.AUTO, small_network())
    assert backend.name == "numpy"
    assert backend.note == f"{NOT_BUILT}; running in NumPy, which is many times slower"
    # it is said when images are run: what is refused before that is refused with one line
    assert not warnings.records


def test_numpy_asked_for_says_nothing_of_the_kernel(no_kernel, warnings) -> None:
    backend = choose(BackendName.NUMPY, small_network())
    assert (backend.name, backend.note) == ("numpy", None)
    assert not warnings.records


def test_event_without_the_kernel_is_refused(no_kernel) -> None:
    with pytest.raises(NotRunnableError, match=f"^{NOT_BUILT}; install one, .* --backend numpy$"):
        choose(BackendName.EVENT, small_network())


@built
def test_the_fastest_instruction_set_unless_one_is_named(monkeypatch) -> None:
    monkeypatch.delenv(isa.VARIABLE, raising=False)
    here = isa.instruction_sets()
    assert isa.name_of(isa.position()) == here[0]
    for name in here:
        monkeypatch.setenv(isa.VARIABLE, name)
        assert isa.name_of(isa.position()) == name
        # what a caller names comes before the environment
        assert isa.name_of(isa.position(here[0])) == here[0]


@built
@pytest.mark.parametrize("backend", [BackendName.EVENT, BackendName.AUTO])
def test_an_unknown_instruction_set_is_refused(backend, monkeypatch) -> None:
    monkeypatch.setenv(isa.VARIABLE, "nonsense")
    expected = f"SNNCONV_ISA is nonsense, expected one of {', '.join(isa.instruction_sets())}"
    with pytest.raises(NotRunnableError, match=f"^{expected}$"):
        choose(backend, small_network())


@pytest.fixture
def simulate(tmp_path):
    """Run ``snnconv simulate`` on a small network and two images."""

    def run(network: SpikingNetwork, *options: object) -> Result:
        file.save(network, tmp_path / "small.snn")
        data: Path = tmp_path / "images.npz"
        np.savez(data, x=np.random.default_rng(0).uniform(-1, 2, (2, 2, 6, 5)).astype(np.float32))
        words = ["simulate", tmp_path / "small.snn", "--data", data, "-o", tmp_path / "run", *options]
        return CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)

    return run


@built
@pytest.mark.parametrize("backend", ["event", "auto"])
def test_an_unknown_instruction_set_is_one_line_and_exit_3(backend, simulate, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv(isa.VARIABLE, "nonsense")
    found = simulate(small_network(), "--backend", backend)
    assert found.exit_code == 3
    assert found.stdout == ""
    assert found.stderr.startswith("snnconv: SNNCONV_ISA is nonsense, expected one of ")
    assert found.stderr.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_event_without_the_kernel_is_one_line_and_exit_3(no_kernel, simulate, tmp_path) -> None:
    found = simulate(small_network(), "--backend", "event")
    assert found.exit_code == 3
    assert found.stderr.startswith(f"snnconv: {NOT_BUILT}; ")
    assert found.stderr.count("\n") == 1
    assert not (tmp_path / "run").exists()


@built
def test_verbose_names_backend_instruction_set_and_nodes_in_numpy(simulate, monkeypatch) -> None:
    name = isa.instruction_sets()[-1]
    monkeypatch.setenv(isa.VARIABLE, name)
    found = simulate(small_network(), "-v")
    assert found.exit_code == 0
    assert f"event-driven kernel with {name}, " in found.stderr
    assert "node cut runs in NumPy: it takes every so many channels" in found.stderr
    assert "event backend on " in found.stderr
    assert "with the event backend" in found.stdout


@built
def test_nothing_of_this_is_said_unasked(simulate) -> None:
    found = simulate(small_network())
    assert found.exit_code == 0
    assert "kernel" not in found.stderr
    assert "NumPy" not in found.stderr


def test_a_missing_kernel_is_said_once_on_stderr(no_kernel, simulate) -> None:
    found = simulate(small_network())
    assert found.exit_code == 0
    assert found.stderr.count(NOT_BUILT) == 1
    assert "with the numpy backend" in found.stdout


def test_a_refused_run_says_nothing_of_a_missing_kernel(no_kernel, simulate) -> None:
    found = simulate(small_network(), "--limit", 5)
    assert found.exit_code == 3
    assert found.stderr.count("\n") == 1
    assert NOT_BUILT not in found.stderr
