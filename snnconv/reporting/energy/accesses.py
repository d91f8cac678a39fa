"""Accesses to memory, as far as the counts of a run know them; after Lemaire et al. (2022).

| network | access | how many | size of the memory, in words |
|---|---|---|---|
| ReLU | weight_read | one per MAC | all parameters |
| ReLU | activation_read | one per MAC that reads a layer of ReLUs | the layer |
| ReLU | activation_write | one per activation | its layer |
| spiking | weight_read | one per SynOp, and per MAC on a current | all parameters |
| spiking | membrane_access | a read and a write per SynOp, and per neuron and step | the layer |
| spiking | spike_write, spike_read | one per spike | the queue |
| spiking | address_mac, address_add | two per spike, one per SynOp | |

Sizes of single weight tensors, of bias vectors and of the image are not in the counts: what needs them is left out
and named, or priced as the table says.
"""

from collections.abc import Sequence

from snnconv.reporting.counts import AnnCounts, SnnCounts
from snnconv.reporting.energy.items import Account, Grows, Item
from snnconv.reporting.energy.memory import MemoryModel
from snnconv.runtime.summary import LayerSummary

_OLDER = "not counted in this run, which is older"
_MACS_PER_ADDRESS = 2
_READ_AND_WRITE = 2


def ann_accesses(memory: MemoryModel, ann: AnnCounts, snn: SnnCounts, layers: Sequence[LayerSummary]) -> Account:
    """Give the accesses of the ReLU network."""
    items: list[Item] = []
    left: list[str] = []
    _weights(memory, items, left, ann, "ReLU", ((ann.macs, Grows.WITH_STEPS),))
    known = [layer for layer in layers if layer.neurons]
    if any(layer.fed_operations is None for layer in known):
        left.append(f"reads of activations of the ReLU network: {_OLDER}")
    else:
        on_layers = [(layer.neurons, min(layer.fed_operations or 0, ann.macs)) for layer in known]
        items += [Item("activation_read", reads, memory.price(words)) for words, reads in on_layers if reads]
        _image(memory, items, left, ann.macs - sum(reads for _, reads in on_layers), "activation_read", "ReLU")
    if ann.activations is None:
        left.append(f"writes of activations of the ReLU network: {_OLDER}")
    else:
        written = [layer.neurons for layer in known]
        written += [ann.activations - sum(written)] if ann.activations > sum(written) else []
        items += [Item("activation_write", words, memory.price(words)) for words in written]
    biases = 0 if not snn.bias_adds or not snn.steps else snn.bias_adds // snn.steps
    _biases(memory, items, left, biases, "ReLU")
    if memory.addressing is not None:
        left.append("addressing in the ReLU network: it needs the sizes of kernels")
    return Account(tuple(items), tuple(left), counted=not any(_OLDER in text for text in left))


def snn_accesses(memory: MemoryModel, ann: AnnCounts, snn: SnnCounts, layers: Sequence[LayerSummary]) -> Account:
    """Give the accesses of the spiking network."""
    items: list[Item] = []
    left: list[str] = []
    reads = ((snn.synops, Grows.WITH_SYNOPS), (float(snn.macs_once), Grows.WITH_STEPS))
    _weights(memory, items, left, ann, "spiking", reads)
    _image(memory, items, left, snn.macs_once, "current_read", "spiking")
    if snn.membrane_adds is None or snn.readout_adds is None:
        left.append(f"accesses to membranes of the spiking network: {_OLDER}")
    else:
        items += _membranes(memory, snn, snn.readout_adds, layers)
    if snn.bias_adds is None:
        left.append(f"reads of biases of the spiking network: {_OLDER}")
    else:
        _biases(memory, items, left, snn.bias_adds, "spiking")
    if memory.fifo_words is not None:
        queue = memory.price(memory.fifo_words)
        items += [Item(name, snn.spikes, queue, Grows.WITH_SPIKES) for name in ("spike_write", "spike_read")]
        left.append("further reads of spikes that more than one layer of the spiking network reads")
    if memory.addressing is not None:
        macs = _MACS_PER_ADDRESS * snn.spikes
        items.append(Item("address_mac", macs, memory.addressing.mac, Grows.WITH_SPIKES))
        items.append(Item("address_add", snn.synops, memory.addressing.add, Grows.WITH_SYNOPS))
    return Account(tuple(items), tuple(left), counted=not any(_OLDER in text for text in left))


def _membranes(memory: MemoryModel, snn: SnnCounts, readout_adds: int, layers: Sequence[LayerSummary]) -> list[Item]:
    """Give reads and writes; what accumulates without firing has one word per class."""
    classes = readout_adds / snn.steps if snn.steps else 0.0
    items = []
    for layer in layers:
        words = layer.neurons or classes
        price = memory.price(words)
        by_synops = _READ_AND_WRITE * layer.synops_per_image
        items.append(Item("membrane_access", by_synops, price, Grows.WITH_SYNOPS))
        items.append(Item("membrane_access", _READ_AND_WRITE * layer.neurons * snn.steps, price))
    return items


def _weights(
    memory: MemoryModel,
    items: list[Item],
    left: list[str],
    ann: AnnCounts,
    network: str,
    reads: Sequence[tuple[float, Grows]],
) -> None:
    if ann.parameters is None:
        left.append(f"reads of weights of the {network} network: {_OLDER}")
        return
    price = memory.price(ann.parameters)
    items += [Item("weight_read", count, price, grows) for count, grows in reads if count]
    if memory.beyond(ann.parameters):
        size = f"{memory.size(ann.parameters):,.0f} bytes, {memory.points[-1].bytes:,} at most are known"
        left.append(
            f"what a memory for all weights of the {network} network takes beyond a straight line: it has {size}"
        )


def _image(memory: MemoryModel, items: list[Item], left: list[str], reads: int, operation: str, network: str) -> None:
    """Charge reads of values that no layer of neurons gives: the image, and what is made of it."""
    if reads <= 0:
        return
    if memory.by_size:
        left.append(f"{reads:,} reads per image of the input of the {network} network: its size is not counted")
    else:
        items.append(Item(operation, reads, memory.price(0)))


def _biases(memory: MemoryModel, items: list[Item], left: list[str], reads: int, network: str) -> None:
    if not reads:
        return
    if memory.by_size:
        left.append(f"{reads:,} reads per image of biases of the {network} network: their number is not counted")
    else:
        items.append(Item("bias_read", reads, memory.price(0)))
