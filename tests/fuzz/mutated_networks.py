"""Networks' files changed in one place, with hashes that fit again: refused in one line, or run alike on all backends.

Usage, from anywhere: python tests/fuzz/mutated_networks.py --seed 0 --count 200

A random network is saved, a number, a name, a tensor or a byte of its file is changed, and it is loaded: a file whose
hashes are right may still contradict itself, and what is loaded then goes into the kernel. One line for each failure,
with what repeats it; exit 1 if there is one. It is no part of the check command; `sanitizers.py` runs it with a kernel
that looks at each access to memory.
"""

import copy
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from snnconv.errors import InputError
from snnconv.files import container
from snnconv.ir import file
from snnconv.ir.manifest import FORMAT, VERSION
from snnconv.ir.network import SpikingNetwork
from snnconv.runtime.backends.event_backend import EventBackend
from snnconv.runtime.backends.numpy_backend import NumpyBackend
from snnconv.runtime.event.isa import instruction_sets, is_built
from snnconv.runtime.memory import check_memory
from tests.fuzz import workers
from tests.fuzz.arguments import new_parser
from tests.fuzz.backends import differences
from tests.fuzz.random_wirings import RandomWiring
from tests.fuzz.tally import FAILED, Tally

REFUSED, EQUAL = "refused", "equal"

_MEMORY_LIMIT = 2**28
_STEPS, _IMAGES = 6, 2
_NUMBERS = (0, -1, 1, 2, 3, 5, 255, 2**15, 2**31 - 1, 2**31, 2**63 - 1, 2**63, 0.5, -0.0, 1e300)
_DTYPES = ("<f8", "<f4", "<f2", "<i8", "|i1", "<u4", "|b1", "<c8")

Rng = np.random.Generator
Content = tuple[dict[str, Any], dict[str, Any]]
"""The manifest and the tensors of a file."""


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Give the way to each number and text in JSON."""
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        return [place for key, inner in items for place in places(inner, (*at, key))]
    return [at]


def _at(value: Any, place: tuple[Any, ...]) -> Any:
    for key in place:
        value = value[key]
    return value


def _change_value(content: Content, rng: Rng) -> str:
    """Change a number of the nodes, or a name of nodes or edges into another of that kind."""
    manifest = content[0]
    found = [place for place in places(manifest) if place[0] in ("nodes", "edges", "steps", "encoding")]
    place = found[int(rng.integers(len(found)))]
    owner = _at(manifest, place[:-1])
    before = owner[place[-1]]
    if isinstance(before, str):
        alike = [_at(manifest, other) for other in found if len(other) == len(place) and other[-1] == place[-1]]
        texts = sorted({text for text in alike if isinstance(text, str)})
        owner[place[-1]] = texts[int(rng.integers(len(texts)))]
    else:
        near = [before + 1, before - 1] if isinstance(before, int) and not isinstance(before, bool) else []
        owner[place[-1]] = [*near, *near, *_NUMBERS][int(rng.integers(2 * len(near) + len(_NUMBERS)))]
    return f"{'.'.join(map(str, place))}: {before!r} is {owner[place[-1]]!r}"


def _swap(content: Content, rng: Rng) -> str:
    """Let two nodes change their places, which an order may depend on."""
    nodes = content[0]["nodes"]
    one, two = (int(n) for n in rng.integers(len(nodes), size=2))
    nodes[one], nodes[two] = nodes[two], nodes[one]
    return f"nodes {one} and {two} change places"


def _drop_edge(content: Content, rng: Rng) -> str:
    edges = content[0]["edges"]
    return f"without the edge {edges.pop(int(rng.integers(len(edges))))}"


def _change_tensor(content: Content, rng: Rng) -> str:
    """Give a tensor another shape, another type, or one odd value."""
    tensors = content[1]
    name = sorted(tensors)[int(rng.integers(len(tensors)))]
    before = tensors[name]
    match int(rng.integers(8)):
        case 0:
            tensors[name] = before.reshape(-1)
        case 1:
            tensors[name] = np.concatenate([before, before]) if before.ndim else np.stack([before, before])
        case 2:
            with np.errstate(all="ignore"):
                tensors[name] = before.astype(_DTYPES[int(rng.integers(len(_DTYPES)))])
        case 3 | 4:
            # the same values elsewhere, still on their grid
            tensors[name] = rng.permutation(before.reshape(-1)).reshape(before.shape)
        case 5:
            with np.errstate(all="ignore"):
                tensors[name] = (before * 2.0 ** int(rng.integers(-1, 12))).astype(before.dtype)
        case 6:
            tensors[name] = (-before if before.dtype.kind == "f" else before[...]).astype(before.dtype)
        case _:
            tensors[name] = before.copy()
            odd = (-1, 0, 1, 100) if before.dtype.kind != "f" else (0.0, -1.0, 1e-300, 1e30, 1e300, -1e300, 2.0**-1074)
            with np.errstate(all="ignore"):
                value = np.asarray(odd[int(rng.integers(len(odd)))]).astype(before.dtype)
            tensors[name].reshape(-1)[int(rng.integers(before.size))] = value
    return f"tensor {name}, {before.dtype} {before.shape}, is {tensors[name].dtype} {tensors[name].shape}"


MUTATIONS: tuple[Callable[[Content, Rng], str], ...] = (
    *(_change_value, _change_value, _change_value),
    *(_change_tensor, _change_tensor, _swap, _drop_edge),
)


def write_mutated(path: Path, rng: Rng) -> str:
    """Write a random network's file with one change; give what was changed."""
    while True:
        try:
            file.save(RandomWiring(rng).build(), path)
            break
        except InputError:  # not every draw is a network
            continue
    if rng.random() < 0.1:
        data = bytearray(path.read_bytes())
        place, bit = int(rng.integers(len(data))), int(rng.integers(8))
        data[place] ^= 1 << bit
        path.write_bytes(data)
        return f"bit {bit} of byte {place}"
    content = copy.deepcopy(container.read(path, FORMAT, VERSION))
    what = MUTATIONS[int(rng.integers(len(MUTATIONS)))](content, rng)
    container.write(path, *content)
    return what


def run_case(seed: int, number: int) -> tuple[str, str]:
    """Change a network's file, load it and run it; give (verdict, why)."""
    rng = np.random.default_rng([seed, number])
    with tempfile.TemporaryDirectory() as folder:
        path, what = Path(folder) / "n.snn", "?"
        try:
            what = write_mutated(path, rng)
            network = file.load(path)
            check_memory(network, _MEMORY_LIMIT)
            return _compared(network, rng, what)
        except InputError as error:
            text = str(error)
            good = len(text.splitlines()) == 1 and text.isprintable()
            return (REFUSED if good else FAILED), f"{what}: {text!r}"
        except BaseException as error:  # whatever else comes out is what is looked for
            last = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{Path(last.filename).name}:{last.lineno}"
            return FAILED, f"{what}: {type(error).__name__} at {where}: {' '.join(str(error).split())[:300]}"


def _compared(network: SpikingNetwork, rng: Rng, what: str) -> tuple[str, str]:
    images = rng.uniform(-1, 2, (_IMAGES, *network.input.shape)).astype(np.float32)
    with np.errstate(all="ignore"):  # odd weights overflow in both
        expected = NumpyBackend(_IMAGES, _STEPS).simulate(network, images, _STEPS)
        for isa in instruction_sets():
            backend = EventBackend(_IMAGES, _STEPS, isa)
            found = "; ".join(differences(backend.simulate(network, images, _STEPS), expected))
            if found:
                return FAILED, f"{what}: {isa}: {found}"
    return EQUAL, what


def main() -> int:
    options = new_parser(__doc__, "networks", count=200, timeout=60).parse_args()
    first, stop = options.first, options.first + options.count
    if options.work:
        workers.work(lambda number: run_case(options.seed, number), first, stop, options.timeout)
        return 0
    if not is_built():
        sys.stdout.write("the kernel was not built: there is nothing to run\n")
        return 1
    tally = Tally("changed networks", REFUSED, EQUAL, seed=options.seed)
    for number, found in workers.outcomes(__file__, first, stop, options.timeout, ["--seed", str(options.seed)]):
        verdict, why = (FAILED, found.why) if isinstance(found, workers.Died) else found
        tally.note(number, verdict, why, show=options.verbose)
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
