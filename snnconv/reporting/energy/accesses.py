"""Accesses to memory, as far as the counts of a run know them; after Lemaire et al. (2022).

| network | access | how many | size of the memory, in words |
|---|---|---|---|
| ReLU | weight_read | one per MAC | the weights of the node |
| ReLU | activation_read | one per MAC that reads layers of ReLUs | the layers |
| ReLU | activation_write | one per activation | its layer |
| spiking | weight_read | one per SynOp, and per MAC on a current | the weights of the node |
| spiking | current_read | one per step and output of a node whose current is kept | the outputs |
| spiking | membrane_access | a read and a write per SynOp, and per neuron and step | the layer |
| spiking | spike_write, spike_read | one per spike | the queue |
| spiking | address_mac, address_add | two per spike, one per SynOp | |

Sizes of bias vectors and of the image are not in the counts: what needs them is left out and named, or priced where
a model has one price for all sizes.
"""

from collections.abc import Sequence

from snnconv.reporting.energy.items import Account, Grows, Item, Run
from snnconv.reporting.energy.memory import MemoryModel
from snnconv.runs.summary_parts import ConnectionSummary

_OLDER = "not counted in this run, which is older"
_MACS_PER_ADDRESS = 2
_READ_AND_WRITE = 2


def ann_accesses(memory: MemoryModel, run: Run, padded: bool = False) -> Account:
    """Give the accesses of the ReLU network; `padded` counts taps on padding."""
    items: list[Item] = []
    left: list[str] = []
    known = [layer for layer in run.layers if layer.neurons]
    sizes = {layer.name: layer.neurons for layer in known}
    if run.connections is None:
        left.append(f"reads of weights and of activations of the ReLU network: {_OLDER}")
    else:
        # a Scale on spikes is an addition there, and one on a current a BatchNorm
        nodes = [(c, c.macs_padded if padded else c.macs) for c in run.connections if c.kind != "Scale"]
        items += [Item("weight_read", macs, memory.price(c.weights)) for c, macs in nodes]
        items += [
            Item("activation_read", macs, memory.price(sum(sizes[name] for name in c.reads)))
            for c, macs in nodes
            if c.reads and not c.reads_current
        ]
        _unsized(memory, items, left, sum(m for c, m in nodes if c.reads_current or not c.reads), _INPUT, "ReLU")
        _beyond(memory, left, [c for c, _ in nodes], "ReLU")
    if run.ann.activations is None:
        left.append(f"writes of activations of the ReLU network: {_OLDER}")
    else:
        written = [layer.neurons for layer in known]
        written += [run.ann.activations - sum(written)] if run.ann.activations > sum(written) else []
        items += [Item("activation_write", words, memory.price(words)) for words in written]
    biases = 0 if not run.snn.bias_adds or not run.snn.steps else run.snn.bias_adds // run.snn.steps
    _unsized(memory, items, left, biases, _BIASES, "ReLU")
    if memory.addressing is not None:
        left.append("addressing in the ReLU network: it needs the sizes of kernels")
    return _account(items, left)


def snn_accesses(memory: MemoryModel, run: Run, each_step: bool = False) -> Account:
    """Give the accesses of the spiking network; `each_step` makes constant currents anew at every step."""
    items: list[Item] = []
    left: list[str] = []
    snn = run.snn
    if run.connections is None:
        left.append(f"reads of weights and of kept currents of the spiking network: {_OLDER}")
    else:
        _reads_of_weights(memory, items, run.connections, snn.steps, each_step)
        _beyond(memory, left, run.connections, "spiking")
    macs = snn.macs_each_step if each_step else snn.macs_once
    _unsized(memory, items, left, macs, _INPUT, "spiking")
    if snn.membrane_adds is None or snn.readout_adds is None:
        left.append(f"accesses to membranes of the spiking network: {_OLDER}")
    else:
        items += _membranes(memory, run, snn.readout_adds)
    if snn.bias_adds is None:
        left.append(f"reads of biases of the spiking network: {_OLDER}")
    else:
        _unsized(memory, items, left, snn.bias_adds, _BIASES, "spiking")
    if memory.fifo_words is not None:
        queue = memory.price(memory.fifo_words)
        items += [Item(name, snn.spikes, queue, Grows.WITH_SPIKES) for name in ("spike_write", "spike_read")]
        left.append("further reads of spikes that more than one layer of the spiking network reads")
    if memory.addressing is not None:
        addresses = _MACS_PER_ADDRESS * snn.spikes
        items.append(Item("address_mac", addresses, memory.addressing.mac, Grows.WITH_SPIKES))
        items.append(Item("address_add", snn.synops, memory.addressing.add, Grows.WITH_SYNOPS))
    return _account(items, left)


_INPUT = ("input_read", "the image, and of currents made of it", "their sizes are not counted")
_BIASES = ("bias_read", "biases", "their number is not counted")


def _account(items: list[Item], left: list[str]) -> Account:
    return Account(tuple(items), tuple(left), counted=not any(_OLDER in text for text in left))


def _reads_of_weights(
    memory: MemoryModel, items: list[Item], nodes: Sequence[ConnectionSummary], steps: int, each_step: bool
) -> None:
    for node in nodes:
        price = memory.price(node.weights)
        if not node.reads_current:
            items.append(Item("weight_read", node.synops_per_image, price, Grows.WITH_SYNOPS))
        elif node.constant and not each_step:
            items.append(Item("weight_read", node.macs, price))
            items.append(Item("current_read", node.outputs * steps, memory.price(node.outputs)))
        else:
            items.append(Item("weight_read", node.macs * steps, price))


def _membranes(memory: MemoryModel, run: Run, readout_adds: int) -> list[Item]:
    """Give reads and writes; what accumulates without firing has one word per class."""
    steps = run.snn.steps
    classes = readout_adds / steps if steps else 0.0
    items = []
    for layer in run.layers:
        price = memory.price(layer.neurons or classes)
        by_synops = _READ_AND_WRITE * layer.synops_per_image
        items.append(Item("membrane_access", by_synops, price, Grows.WITH_SYNOPS))
        items.append(Item("membrane_access", _READ_AND_WRITE * layer.neurons * steps, price))
    return items


def _beyond(memory: MemoryModel, left: list[str], nodes: Sequence[ConnectionSummary], network: str) -> None:
    """Name weights that need a larger memory than the model knows."""
    large = [node for node in nodes if memory.beyond(node.weights)]
    if large:
        most = memory.size(max(node.weights for node in large))
        left.append(
            f"what memories for weights of the {network} network take beyond a straight line: "
            f"{len(large)} have up to {most:,.0f} bytes, {memory.points[-1].bytes:,} at most are known"
        )


def _unsized(
    memory: MemoryModel, items: list[Item], left: list[str], reads: int, what: tuple[str, str, str], network: str
) -> None:
    """Charge reads of values whose memories have sizes that are not counted, if the model has one price for all."""
    if reads <= 0:
        return
    operation, text, why = what
    if memory.by_size:
        left.append(f"{reads:,} reads per image of {text}, of the {network} network: {why}")
    else:
        items.append(Item(operation, reads, memory.price(0)))
