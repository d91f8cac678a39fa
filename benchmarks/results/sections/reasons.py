"""Why something is missed or not resolved, as far as it can be told."""

from dataclasses import dataclass

from verdicts import Judged


@dataclass(frozen=True)
class Reason:
    """What is said of rows of the first table.

    Attributes
    ----------
    about : str
    rows : tuple of str
        How their words begin.
    says : str
    """

    about: str
    rows: tuple[str, ...]
    says: str


REASONS = (
    Reason(
        "ResNet-20 and ResNet-56, the loss that is left",
        ("ResNet-20, one", "ResNet-20, a", "ResNet-56, one factor searched (", "ResNet-56, a"),
        "ResNet-20 loses decisions to clipping first, ResNet-56 to finite T (what decisions are lost to, under Errors "
        "and depth). λ at the 99.99th percentile, which clips less, takes about as much from both: most of the loss of "
        "the first, little of that of the second. On ResNet-56 compensation gains what it gains in the paper, but from "
        "a larger loss. The networks are others of the same shape, trained by others: we put the rest down to that.",
    ),
    Reason(
        "ResNet-56, a factor for each layer",
        ("ResNet-56, a factor for each layer",),
        "It makes |error| smaller than one factor does, and loses more: the least mean error is not the most right "
        "decisions, and so many factors fit the 32 images they are fitted to. The first version does not say how it "
        "searches.",
    ),
    Reason(
        "ResNet-56 without shortcut normalisation",
        ("ResNet-56: without", "ResNet-56, λ at the 99.99th percentile: without"),
        "There is less to normalise: its identity shortcuts weigh closer to 1 than those of ResNet-20, of which one "
        "weighs a half (weights stand below the losses). And the loss that three times are asked of is itself larger.",
    ),
    Reason(
        "SPIKE-NORM",
        ("VGG: ", "ResNet-14: ", "ResNet-14 with"),
        "On 200 images an interval is several points wide: differences as small as the published ones cannot show. "
        "The basic architecture has constraint 2's error too: its first shortcut carries the stem's spikes, and "
        "weighs as much as if they stood for what the path's do.",
    ),
    Reason(
        "MNIST",
        ("ResNet-8 on MNIST",),
        "One image is 0.03 points. No loss at all can only be met by luck, or by deciding as the ONNX model does.",
    ),
)


def text(rows: list[Judged]) -> list[str]:
    """Give the paragraphs of the section; none where all is met or was not run."""
    open_rows = [row.asked for row in rows if row.verdict in ("missed", "not resolved")]
    told = [reason for reason in REASONS if any(asked.startswith(reason.rows) for asked in open_rows)]
    if not told:
        return []
    lines = [f"- *{reason.about}.* {reason.says}" for reason in told]
    return ["**Why**, as far as we can tell, where it is missed or not resolved:", "\n".join(lines)]
