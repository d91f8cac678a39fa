"""``snnconv check``."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from snnconv.cli.conversion_flags import CONVERSION, NetworkFlags
from snnconv.cli.options import MemoryLimit, Output
from snnconv.cli.terminal import Terminal

if TYPE_CHECKING:
    from snnconv.commands.check import CheckedNode


def check_cli(
    terminal: Terminal,
    model: Annotated[Path, typer.Argument(help="The trained model, an ONNX file.", metavar="MODEL.onnx")],
    network: Annotated[NetworkFlags, CONVERSION],
    output: Output | None = None,
    memory_limit: MemoryLimit = None,
) -> None:
    """Say what of a model converts: exactly, approximately, or not, node by node.

    Runs nothing and needs no data. Ends with exit code 3 if anything is not supported.

    Example: snnconv check resnet.onnx
    """
    from snnconv.cli.options import bytes_of
    from snnconv.commands.check import check
    from snnconv.conversion.options import ConversionOptions
    from snnconv.conversion.verdict import Verdict
    from snnconv.errors import UnsupportedOperatorError
    from snnconv.files.sizes import readable

    summary = check(model, ConversionOptions(**network), output=output, memory_limit=bytes_of(memory_limit))
    refused = [node for node in summary.nodes if node.verdict is Verdict.REFUSED]
    terminal.did(f"check: {model}, {len(summary.nodes)} nodes, {len(refused)} not supported")
    if terminal.json:
        terminal.result(summary)
    else:
        others = f"; not read: {', '.join(summary.other_outputs)}" if summary.other_outputs else ""
        terminal.table(
            f"{summary.file}: {summary.exporter or 'unknown exporter'}, opset {summary.opset}, "
            f"{'×'.join(map(str, summary.input_shape))} to {summary.output}{others}",
            ("node", "operator", "verdict", "how"),
            [(node.name, node.op, node.verdict.value, node.how.partition("; ")[0]) for node in summary.nodes],
            left=4,
        )
        for advice, kinds in _advice(refused).items():
            terminal.write(f"{kinds}: {advice}")
        totals = summary.totals
        if totals is not None:
            rows = [
                ("nodes", ", ".join(f"{count} {verdict.value}" for verdict, count in summary.verdicts.items())),
                ("parameters", f"{totals.parameters:,}"),
                ("output", _output(totals.outputs)),
                ("neurons", f"{totals.neurons:,} in {totals.layers} layers"),
                ("MACs of the ReLU network", f"{totals.macs:,} an image"),
                ("memory to simulate", f"from {readable(totals.simulation_bytes)}"),
            ]
            terminal.table("", ("", ""), rows, left=2)
    if refused:
        kinds = ", ".join(sorted({node.op for node in refused}))
        raise UnsupportedOperatorError(
            f"{model} cannot be converted: {len(refused)} of {len(summary.nodes)} nodes are not supported ({kinds})"
        )


def _advice(refused: "list[CheckedNode]") -> dict[str, str]:
    """Give each advice once, with the operators that it is for and how many nodes they are."""
    found: dict[str, Counter[str]] = {}
    for node in refused:
        advice = node.how.partition("; ")[2]
        if advice:
            found.setdefault(advice, Counter())[node.op] += 1
    return {
        advice: ", ".join(f"{op} ({count})" if count > 1 else op for op, count in kinds.items())
        for advice, kinds in found.items()
    }


def _output(outputs: int) -> str:
    from snnconv.data.classes import decides

    return f"{outputs:,} classes" if decides(outputs) else "one number: accuracy and agreement are not measured"
