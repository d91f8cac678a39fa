"""The recipe of a neuron rule: one file from outside, with a code of its own, is simulated, counted and measured."""

from tests.recipes.outside import run_with

PART = '''
    """Ternary neurons whose later spikes weigh less."""

    from collections.abc import Sequence
    from typing import ClassVar, Literal

    import numpy as np

    from snnconv.ir.codes.code import Array, Code
    from snnconv.ir.rules.rule import Rule


    class Halving(Code):
        ALPHABET: ClassVar[tuple[int, ...]] = (-1, 0, 1)

        def weights(self, steps: int) -> Array:
            return 2.0 ** np.arange(steps - 1, -1, -1)


    class Ternary(Rule):
        CODE: ClassVar[Code] = Halving()

        kind: Literal["ternary"] = "ternary"


    # rules lie below the runtime: this file is found by both folders, and the runtime's copy says how it runs
    if __name__.startswith("snnconv.runtime"):
        from snnconv.runtime.neurons.neurons import Neurons

        class TernaryNeurons(Neurons[Ternary]):
            def step(self, inputs: Sequence[Array]) -> None:
                self.integrate(inputs)
                self.spikes = (self.v >= self.threshold) * 1.0 - (self.v <= -self.threshold)
                self.v -= self.spikes * self.threshold

        NEURONS = {"ternary": TernaryNeurons}
'''

SCRIPT = """
    import numpy as np
    from pathlib import Path
    from tempfile import TemporaryDirectory
    from snnconv.choices import BackendName
    from snnconv.ir import file, nodes as ir
    from snnconv.ir.registry import RULES
    from snnconv.measuring.activity import activity
    from snnconv.runtime.backends import choose
    from tests.spiking import NetworkMaker

    m = NetworkMaker()
    m.add(ir.Input, "image", (2, 1, 1))
    m.add(ir.Flatten, "flat", (2,), "image")
    m.add(ir.Dense, "in", (2,), "flat", weight=np.eye(2))
    rule = RULES["ternary"]()
    m.add(ir.Neuron, "n", (2,), "in", rule=rule, threshold=np.asarray(1.0))
    m.add(ir.Dense, "out", (2,), "n", weight=np.eye(2))
    m.add(ir.Readout, "readout", (2,), "out", mode=ir.ReadoutMode.CURRENT)
    with TemporaryDirectory() as folder:
        file.save(m.network(steps=4), Path(folder) / "net.snn")
        network = file.load(Path(folder) / "net.snn")
    assert network.neurons[0].rule == rule
    image = np.array([0.5, -1.0], dtype=np.float32).reshape(1, 2, 1, 1)
    for name in (BackendName.NUMPY, BackendName.AUTO):
        backend = choose(name, network)
        (chunk,) = backend.run(network, image, 4)
        (found,) = activity(network, image, 4, backend=backend)
        # the first neuron fires in steps 2 and 4, the second one −1 in each
        assert chunk.recording.spikes[0, :, 0].tolist() == [1, 2, 1, 2], chunk.recording.spikes
        assert chunk.recording.synops[1, :, 0].tolist() == [2, 4, 2, 4], chunk.recording.synops
        assert found.counts["n"].tolist() == [[2, 4]]
        assert found.value("n").tolist() == [[5 / 15, -1.0]]
    print("simulated, counted and measured")
"""


def test_a_rule_from_outside_is_one_file(tmp_path) -> None:
    found = run_with(tmp_path / "parts", ("snnconv.ir.rules", "snnconv.runtime.neurons"), PART, SCRIPT)
    assert found == "simulated, counted and measured\n"
