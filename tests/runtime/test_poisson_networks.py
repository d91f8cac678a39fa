"""Networks with Poisson input: exact, the same on every backend, and what the images mean in the mean."""

import functools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from snnconv.errors import NotRunnableError
from snnconv.ir import nodes as ir
from snnconv.ir.network import SpikingNetwork
from snnconv.runs.simulate import Piece, simulate
from snnconv.runs.summary import operations
from snnconv.runtime.backends import BackendName, choose
from snnconv.runtime.backends.numpy_backend import NumpyBackend
from snnconv.runtime.event.isa import is_built
from snnconv.runtime.program import Program, relu_values
from snnconv.runtime.recording import Recording
from snnconv.runtime.supported import problems
from snnconv.transforms.bounds import bounds
from snnconv.transforms.exact_sums import exact_sums
from snnconv.transforms.on_spikes import as_run
from tests.runtime.poisson_networks import AMPLITUDE, NETWORKS, image, made
from tests.runtime.test_backends import BACKENDS
from tests.runtime.test_poisson import trains_of
from tests.runtime.wirings import Net

SEED, STEPS = 11, 40

Array = np.ndarray[Any, Any]
each_network = pytest.mark.parametrize("name", NETWORKS)


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """Matrices are small here: threads of BLAS would only wait for each other."""
    with threadpool_limits(1):
        yield


def images_for(network: SpikingNetwork, count: int = 3) -> Array:
    """Give images some of whose pixels are beyond the amplitude, and some zero."""
    drawn = np.random.default_rng(1).uniform(-1.5, 2.5, (count, *network.input.shape))
    return np.where(np.abs(drawn) < 0.2, 0.0, drawn).astype(np.float32)


@functools.cache
def expected_of(name: str) -> Recording:
    return NumpyBackend(seed=SEED).simulate(made(name), images_for(made(name)), STEPS)


def assert_same(found: Recording, expected: Recording) -> None:
    """Whole numbers, and currents on a grid: equality is exact, no tolerance."""
    for field in ("spikes", "synops", "scores", "ties"):
        here, there = getattr(found, field), getattr(expected, field)
        assert (here is None) == (there is None)
        np.testing.assert_array_equal(here, there, err_msg=field)


def poisson(network: SpikingNetwork) -> SpikingNetwork:
    return replace(network, encoding=ir.Encoding.POISSON)


@each_network
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("batch", "chunk"), [(None, None), (2, 7)])
def test_backends_batches_and_chunks_give_the_same(name, backend, batch, chunk) -> None:
    network = made(name)
    found = backend(batch, chunk, seed=SEED).simulate(network, images_for(network), STEPS)
    assert_same(found, expected_of(name))
    rates = found.spikes.mean(axis=(1, 2)) / [np.prod(node.shape) for node in network.neurons]
    # silent layers, or neurons that spike at every step, would compare nothing
    assert (rates > 0.01).all()
    assert (rates < 0.99).all()


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("readout", list(ir.ReadoutMode))
@pytest.mark.parametrize("seed", range(4))
def test_equals_the_slow_simulator_exactly(backend, readout, seed, random_network, slow_simulate) -> None:
    """Synapse by synapse: spikes, sums, and an operation for each synapse that a spike of either sign reaches."""
    network, steps = poisson(random_network(seed, readout)), 10
    images = images_for(network, 2)
    trains = trains_of(images, network.input.amplitude, steps, SEED, first=5).reshape(steps, *images.shape)
    expected = slow_simulate(network, images, steps, trains)
    ((_, _, found, _),) = backend(4, 64, seed=SEED).run(network, images, steps, first=5)
    for row, neuron in enumerate(network.neurons):
        counts = expected.spikes[neuron.name].reshape(steps, 2, -1).sum(axis=2)
        np.testing.assert_array_equal(found.spikes[row], counts)
    for row, node in enumerate(network.weighted):
        np.testing.assert_array_equal(found.synops[row], expected.synops[node.name])
        assert found.synops[row].any()
    np.testing.assert_array_equal(found.scores, expected.scores)


def test_operations_of_graded_spikes_count_their_size() -> None:
    """A window in which spikes of both signs cancel each other gives nothing."""
    network = made("pooled")
    images = images_for(network)
    trains = trains_of(images, AMPLITUDE, STEPS, SEED).reshape(STEPS, 3, 2, 3, 2, 3, 2).astype(np.int64)
    sums = np.abs(trains.sum(axis=(4, 6))).sum(axis=2)  # (T, N, 3, 3)
    # 5 outputs, and a kernel of 3 with a padding of 1 on 3 places
    fan_out = 5 * np.outer([2, 3, 2], [2, 3, 2])
    np.testing.assert_array_equal(expected_of("pooled").synops[0], (sums * fan_out).sum(axis=(2, 3)))


@pytest.mark.skipif(not is_built(), reason="the kernel was not built: there was no C compiler")
@each_network
def test_the_kernel_takes_the_first_layer(name) -> None:
    from snnconv.runtime.event.plan import make_plan

    plan = make_plan(made(name), 16)
    taken = {read.bits for synapses in (*plan.layers.values(), *plan.currents.values()) for read in synapses.reads}
    assert any(bits.endswith("-") for bits in taken) == NETWORKS[name][1]


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_image_depends_on_its_position_alone(backend, random_network) -> None:
    network = poisson(random_network(1))
    images = images_for(network, 5)
    together = backend(3, 4, seed=SEED).simulate(network, images, STEPS)

    def alone(seed: int, first: int) -> Recording:
        ((_, _, found, _),) = backend(1, 64, seed=seed).run(network, images[3:4], STEPS, first=first)
        return found

    np.testing.assert_array_equal(alone(SEED, 3).scores[:, 0], together.scores[:, 3])
    np.testing.assert_array_equal(alone(SEED, 3).spikes[..., 0], together.spikes[..., 3])
    assert (alone(SEED, 0).spikes[..., 0] != together.spikes[..., 3]).any()
    assert (alone(SEED + 1, 3).spikes[..., 0] != together.spikes[..., 3]).any()


@pytest.mark.parametrize("backend", BACKENDS)
def test_threads_and_pieces_change_nothing(backend) -> None:
    network = made("several_readers")
    images = images_for(network, 9)
    images[:] = images[:1]  # only their positions differ
    runs = []
    for size, threads in ((9, 1), (4, 2), (2, 3)):
        pieces = [Piece(first, images[first : first + size], None, None) for first in range(0, 9, size)]
        parts = list(simulate(network, pieces, backend=backend(2, 16, seed=SEED), steps=STEPS, threads=threads))
        runs.append(np.concatenate([part.spikes_by_image for part in parts]))
        beyond = np.concatenate([part.beyond_amplitude for part in parts])
        assert beyond.tolist() == [int((np.abs(images[0]) > AMPLITUDE).sum())] * 9
    np.testing.assert_array_equal(runs[1], runs[0])
    np.testing.assert_array_equal(runs[2], runs[0])
    assert len({tuple(row) for row in runs[0].tolist()}) > 1


def test_a_constant_input_has_no_pixels_beyond() -> None:
    network = replace(made("a_convolution"), encoding=ir.Encoding.CONSTANT)
    (part,) = simulate(network, [Piece(0, images_for(network), None, None)], backend=NumpyBackend(), steps=2, threads=1)
    assert part.beyond_amplitude is None


@pytest.mark.parametrize("name", ["a_convolution", "several_readers", "a_slice_of_it", "pooled"])
def test_currents_in_the_mean_are_those_of_a_constant_input(name) -> None:
    """Weights of the file times the image, biases once a step; off by less than 6 standard deviations of the mean."""
    network = replace(made(name), encoding=ir.Encoding.CONSTANT)
    images = np.clip(images_for(network, 1), -AMPLITUDE, AMPLITUDE).astype(np.float32)
    steps = 4000
    constant = Program(network, 1, 1)
    constant.load(images)
    constant.advance(1)
    spiking = Program(poisson(network), 1, steps, seed=SEED)
    spiking.load(images)
    spiking.advance(steps)
    readers = [n.name for n in network.weighted if spiking._found[network.incoming[n.name][0].source].train]
    assert readers
    for reader in readers:
        currents = spiking.values[reader][:steps].astype(np.float64)
        error = np.abs(currents.mean(axis=0) - constant.values[reader][0])
        assert (error <= 6 * currents.std(axis=0) / np.sqrt(steps) + 1e-6).all()
        assert currents.std() > 0.1


def test_rates_tend_to_those_of_a_constant_input_with_the_root_of_t() -> None:
    """Of a layer that neither rests nor saturates; 16 times the steps, a quarter of the error."""
    m = Net()
    gain, offset = np.full((1, 1, 1), 0.1), np.full((1, 1, 1), 0.5)
    m.put(ir.Scale, "s0", image(m, 1, 20, 20), gain=gain, offset=offset)
    network = m.finish(m.put(ir.Neuron, "n0", "s0", threshold=np.asarray(1.0)))
    images = np.random.default_rng(0).uniform(-AMPLITUDE, AMPLITUDE, (1, 1, 20, 20)).astype(np.float32)
    limit = relu_values(network, images, clipped=True)[0]["n0"][0]

    def error(steps: int) -> float:
        program = Program(poisson(network), 1, steps, seed=SEED)
        program.load(images)
        program.advance(steps)
        rates = np.moveaxis(program.values["n0"][:steps, 0].mean(axis=0), -1, 0)
        return float(np.sqrt(np.mean((rates - limit) ** 2)))

    errors = np.array([error(256), error(4096)])
    # the spread of 400 neurons' errors is known within 1/√800, 4 %; the rest, of 1/T, is small beside it
    assert errors[0] / errors[1] == pytest.approx(4, rel=0.3)
    # the mean of T terms of variance gain² |x| (λ − |x|), and a rate that is within 1/T of the mean current
    x = np.abs(images.astype(np.float64))
    predicted = np.sqrt(np.mean(0.01 * x * (AMPLITUDE - x)) / 4096)
    assert errors[1] == pytest.approx(predicted, rel=0.3)


def test_ordinary_values_are_those_of_the_images_whatever_the_encoding(random_network) -> None:
    network = random_network(0)
    images = images_for(network)
    here, there = relu_values(poisson(network), images)[0], relu_values(network, images)[0]
    for name, value in there.items():
        np.testing.assert_array_equal(here[name], value)


@pytest.mark.parametrize("seed", range(3))
def test_grids_and_bounds_do_not_depend_on_the_encoding(seed, random_network) -> None:
    network = replace(random_network(seed), tensors=dict(random_network(seed).tensors))
    rng = np.random.default_rng(seed)
    rough = {name: array * rng.uniform(0.9, 1.1, array.shape) if "weight" in name else array
             for name, array in network.tensors.items()}  # fmt: skip
    network = replace(network, tensors=rough)
    here, there = exact_sums(poisson(network)), exact_sums(network)
    assert (here.encoding, there.encoding) == (ir.Encoding.POISSON, ir.Encoding.CONSTANT)
    for name, array in there.tensors.items():
        np.testing.assert_array_equal(here.tensors[name], array)
    limits = bounds(there, there.flows)
    for name, bound in bounds(here, here.flows).items():
        if name != "image":
            np.testing.assert_array_equal(bound.largest, limits[name].largest)


@each_network
def test_weights_on_spikes_lie_on_the_grid_of_the_file(name) -> None:
    """And are the file's times the amplitude, to half a unit of that grid."""
    network = made(name)
    changed = 0
    for node, there in zip(as_run(network).nodes, network.nodes, strict=True):
        if node == there:
            continue
        changed += 1
        field = "gain" if isinstance(node, ir.Scale) else "weight"
        found = as_run(network).tensors[getattr(node, field)]
        q = network.tensors[node.grid].astype(np.int64)
        rank = len(node.shape) if field == "gain" else found.ndim
        q = q.reshape(-1, *(1,) * (rank - 1)) if q.ndim else q
        units = np.ldexp(found, q)
        assert found.dtype == np.float64
        np.testing.assert_array_equal(units, np.rint(units))
        exact = network.tensors[getattr(there, field)].astype(np.float64) * AMPLITUDE
        assert (np.abs(found - exact) <= np.ldexp(0.5, -q)).all()
    assert changed


def test_a_layer_on_spikes_makes_operations_and_no_macs() -> None:
    network = made("a_convolution")
    with_currents = operations(replace(network, encoding=ir.Encoding.CONSTANT))
    found = operations(network)
    assert (found.constant_macs, found.changing_macs_per_step) == (0, 0)
    assert with_currents.constant_macs > 0
    assert (found.ann_macs, found.ann_macs_padded) == (with_currents.ann_macs, with_currents.ann_macs_padded)


def _gate(m: Net) -> str:
    return m.pool("pool", image(m, 2, 4, 4), (2, 2), (2, 2), kind=ir.MaxPoolGate)


def _largest(m: Net) -> str:
    return m.pool("pool", image(m, 2, 4, 4), (2, 2), (2, 2), kind=ir.MaxPoolCurrent)


def _neurons(m: Net) -> str:
    return m.neurons("n0", image(m, 2, 4, 4))


def _sum(m: Net) -> str:
    source = image(m, 2, 4, 4)
    return m.put(ir.Sum, "sum", source, m.neurons("n0", m.conv("c0", source, 2)))


def _two_sources(m: Net) -> str:
    source = image(m, 2, 4, 4)
    spikes = m.neurons("n0", m.conv("c0", source, 2))
    m.add(ir.Scale, "both", (2, 4, 4), source, spikes, gain=np.asarray(0.5))
    return "both"


WITHOUT_WEIGHTS = "reads Poisson spikes of the image without weights"
MIXED = "adds up Poisson spikes of the image and something else"


@pytest.mark.parametrize(
    ("build", "reason"),
    [
        (_gate, f"node pool: a MaxPoolGate that {WITHOUT_WEIGHTS}"),
        (_largest, f"node pool: a MaxPoolCurrent that {WITHOUT_WEIGHTS}"),
        (_neurons, f"node n0: a Neuron that {WITHOUT_WEIGHTS}"),
        (_sum, f"node sum: a Sum that {MIXED}"),
        (_two_sources, f"node both: a Scale that {MIXED}"),
    ],
)
@pytest.mark.parametrize("backend", [BackendName.NUMPY, BackendName.AUTO])
def test_what_cannot_be_right_is_refused(build, reason, backend) -> None:
    m = Net()
    network = poisson(m.finish(build(m), exact=False))
    with pytest.raises(NotRunnableError) as caught:
        choose(backend, network)
    assert str(caught.value) == f"{reason}, which the runtime does not run; run it with --encoding constant"


def test_an_input_without_an_amplitude_is_refused(maker) -> None:
    maker.add(ir.Input, "image", (3,))
    maker.add(ir.Scale, "scale", (3,), "image", gain=np.asarray(1.0))
    maker.add(ir.Readout, "readout", (3,), "scale", mode=ir.ReadoutMode.CURRENT)
    expected = "node image: no amplitude, so nobody knows what a Poisson spike stands for; run it with --encoding const"
    with pytest.raises(NotRunnableError, match=expected):
        choose(BackendName.NUMPY, poisson(maker.network()))


def test_a_seed_is_looked_at_with_poisson_input_only(random_network) -> None:
    network = random_network(0)
    assert problems(network, seed=2**70) == []
    with pytest.raises(NotRunnableError, match="the seed is 1180591620717411303424, expected 0 to"):
        choose(BackendName.NUMPY, poisson(network), seed=2**70)
