"""BibTeX entries of the methods that a run really used."""

import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from snnconv.reporting.energy.profile import EnergyProfile, Source
from snnconv.runs.summary import RunSummary

_LATEX = {"&": r"\&", "%": r"\%", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}"}


def citations(summary: RunSummary, profiles: Sequence[EnergyProfile] = ()) -> tuple[str, ...]:
    """Give what a publication that uses this run has to cite.

    Parameters
    ----------
    summary : RunSummary
        Says how the network was converted, and whether there are intervals.
    profiles : sequence of EnergyProfile
        What energies were priced with; their sources follow, each once.

    Returns
    -------
    tuple of str
        BibTeX entries.
    """
    sources = {source.key: source for profile in profiles for source in profile.sources}
    known = [key for key in sources if key in _entries()]
    keys = dict.fromkeys([*_methods(summary), *_intervals(summary), *known])
    return (*(_entries()[key] for key in keys), *(_entry(s) for key, s in sources.items() if key not in keys))


def _methods(summary: RunSummary) -> list[str]:
    options = summary.network.options
    keys = []
    if summary.network.method == "paper":
        # λ by percentile and the gate of max pooling are Rueckauer et al.'s
        keys += ["hu2021", "rueckauer2017"]
        if options.get("compensation") == "layerwise":
            keys.append("hu2018")
    elif summary.network.method == "spike-norm":
        keys.append("sengupta2019")
    if options.get("initial_potential"):
        keys.append("bu2022")
    return keys


def _intervals(summary: RunSummary) -> list[str]:
    if summary.accuracy is None:
        return []
    return ["wilson1927"] if summary.reference_accuracy is None else ["wilson1927", "agresti2005"]


@cache
def _entries() -> dict[str, str]:
    """Give the entries of ``references.bib`` by their keys."""
    text = (files("snnconv.reporting") / "references.bib").read_text(encoding="utf-8")
    found = [entry.strip() for entry in re.split(r"\n(?=@)", text)]
    return {entry[entry.index("{") + 1 : entry.index(",")]: entry for entry in found}


def _entry(source: Source) -> str:
    key = re.sub(r"[^A-Za-z0-9:._-]", "", source.key) or "source"
    lines = [f"@misc{{{key},", f"  note = {{{_latex(source.cite)}}}"]
    if source.doi is not None:
        lines[-1] += ","
        lines.append(f"  doi = {{{_latex(source.doi)}}}")
    return "\n".join([*lines, "}"])


def _latex(text: str) -> str:
    """Escape what would end a field or has a meaning of its own."""
    return "".join(_LATEX.get(char, char) for char in text.replace("\\", r"\textbackslash "))
