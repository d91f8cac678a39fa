"""The law of the Poisson spikes: which number of which stream decides, and what the spikes stand for."""

import numpy as np
import pytest

from snnconv.errors import NotRunnableError
from snnconv.runtime.poisson import LARGEST_SEED, Trains, beyond


def trains_of(images: np.ndarray, amplitude: float, steps: int, seed: int = 0, first: int = 0) -> np.ndarray:
    """Give the spikes of images, (T, N, E) int8, by the module."""
    made = Trains(len(images), images[0].size, amplitude, seed)
    made.load(images, first)
    return np.stack([made.drawn(index, steps) * made.signs[index] for index in range(len(images))], axis=1)


WORD = 2**64 - 1


def philox(counter: int, key: list[int]) -> list[int]:
    """Give the four words of 64 bits of a counter: Philox4x64-10, as in section 3.3 of its paper."""
    words = [counter >> (64 * k) & WORD for k in range(4)]
    for _ in range(10):
        low, high = words[0] * 0xD2E7470EE14C6C93, words[2] * 0xCA5A826395121157
        words = [(high >> 64) ^ words[1] ^ key[0], high & WORD, (low >> 64) ^ words[3] ^ key[1], low & WORD]
        key = [(key[0] + 0x9E3779B97F4A7C15) & WORD, (key[1] + 0xBB67AE8584CAA73B) & WORD]
    return words


def number(seed: int, image: int, step: int, element: int, elements: int) -> int:
    """Give the 32 bits that decide on an element, from the stream's definition alone: no library may change them."""
    counter = 1 + step * ((elements + 7) // 8) + element // 8
    return philox(counter, [seed, image])[element % 8 // 2] >> (32 * (element % 2)) & 0xFFFFFFFF


@pytest.mark.parametrize("shape", [(3, 2, 2), (1, 1, 1), (2, 4), (17,), (2, 3, 4)])
def test_each_draw_is_the_one_of_its_seed_image_step_and_element(shape) -> None:
    seed, first, steps = 2**63 + 5, 7, 5
    images = np.random.default_rng(0).uniform(-2, 2, (3, *shape)).astype(np.float32)
    found = trains_of(images, 1.5, steps, seed, first)
    assert found.any()
    for (t, n, e), spike in np.ndenumerate(found):
        x = float(images[n].reshape(-1)[e])
        fires = number(seed, first + n, t, e, images[0].size) < min(abs(x) / 1.5, 1.0) * 2**32
        assert spike == fires * np.sign(x)


def test_the_mean_tends_to_the_pixel_within_the_amplitude() -> None:
    amplitude, steps = 1.7, 1 << 14
    pixels = np.linspace(-2.5, 2.5, 101, dtype=np.float32).reshape(1, 1, 1, -1)
    mean = trains_of(pixels, amplitude, steps).mean(axis=(0, 1)) * amplitude
    expected = np.clip(pixels.reshape(-1).astype(np.float64), -amplitude, amplitude)
    p = np.abs(expected) / amplitude
    # 5 standard deviations of a mean of T draws with probability p; none of 101 pixels is beyond by chance
    assert (np.abs(mean - expected) <= 5 * amplitude * np.sqrt(p * (1 - p) / steps)).all()
    assert np.abs(mean - expected).max() > 0


def test_signs_certain_spikes_and_silence() -> None:
    """p = 1 spikes at every step, exactly; p = 0 never; a spike has the sign of its pixel."""
    values = [2.0, -2.0, 3.0, -1e30, 0.0, -0.0, 1.0, -1.0, 1e-30]
    found = trains_of(np.array(values, dtype=np.float32).reshape(1, -1, 1, 1), 2.0, 4000)[:, 0]
    assert (found[:, 0] == 1).all()
    assert (found[:, 1] == -1).all()
    assert (found[:, 2] == 1).all()
    assert (found[:, 3] == -1).all()
    assert not found[:, [4, 5, 8]].any()
    assert set(found[:, 6]) == {0, 1}
    assert set(found[:, 7]) == {0, -1}


def test_draws_are_independent_of_each_other() -> None:
    """Of neighbouring steps, elements, images and seeds: as many agree as chance has it."""
    images = np.full((2, 1, 16, 16), 0.5, dtype=np.float32)
    found = trains_of(images, 1.0, 256)
    other = trains_of(images, 1.0, 256, seed=1)
    pairs = {
        "steps": (found[1:], found[:-1]),
        "elements": (found[..., 1:], found[..., :-1]),
        "images": (found[:, 0], found[:, 1]),
        "seeds": (found, other),
    }
    for name, (here, there) in pairs.items():
        # p = 1/2 each: they agree in half of all cases, within 5 standard deviations
        assert abs((here == there).mean() - 0.5) < 5 * 0.5 / np.sqrt(here.size), name


@pytest.mark.parametrize("elements", [5, 16, 3 * 300 * 300])
def test_how_steps_are_cut_changes_nothing(elements) -> None:
    """Also where not all numbers of a chunk are drawn at a time."""
    images = np.random.default_rng(0).uniform(-1, 1, (2, elements, 1, 1)).astype(np.float32)
    whole = trains_of(images, 1.0, 7)
    made = Trains(2, elements, 1.0, 0)
    made.load(images, 0)
    for first, steps in ((0, 1), (1, 4), (5, 2)):
        for index in (1, 0):
            here = made.drawn(index, steps) * made.signs[index]
            np.testing.assert_array_equal(here, whole[first : first + steps, index])
        made.pass_by(steps)
    made.load(images[:, ::-1], 1)
    np.testing.assert_array_equal(made.drawn(0, 7) * made.signs[0], trains_of(images[:1, ::-1], 1.0, 7, first=1)[:, 0])


def test_pixels_beyond_the_amplitude_are_counted() -> None:
    images = np.array([[1.0, -1.0, 0.5, 0.0], [1.1, -1.2, 7.0, 1.0]], dtype=np.float32).reshape(2, 1, 2, 2)
    assert beyond(images, 1.0).tolist() == [0, 3]
    # of the largest magnitude itself, as float32, none is beyond
    assert beyond(images, float(np.float32(1.2))).tolist() == [0, 1]


@pytest.mark.parametrize("seed", [-1, LARGEST_SEED + 1])
def test_a_seed_out_of_range_is_refused(seed) -> None:
    with pytest.raises(NotRunnableError, match=f"the seed is {seed}, expected 0 to 18446744073709551615 with Poisson"):
        Trains(1, 4, 1.0, seed)
