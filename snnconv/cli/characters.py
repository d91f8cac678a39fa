"""Characters for an encoding that lacks some: a minus for −, a u for µ, and an escape for what has no other way."""

import codecs
import re

FITTING = "snnconv.fitting"
"""The name of the way in which characters that an encoding lacks are written, as ``errors=`` takes it."""

_PLAIN = str.maketrans(
    # dashes, quotation marks, and the lines and bars of plots
    {**dict.fromkeys("−–—‑─╌", "-"), **dict.fromkeys("├└┤┼", "+"), **dict.fromkeys("·•", "*")}
    | {**dict.fromkeys("′‘’", "'"), **dict.fromkeys("″“”", '"'), **dict(zip("▁▂▃▄▅▆▇█", ".:-=+*%#", strict=True))}
    | {"│": "|", "×": "x", "←": "<-", "→": "->", "…": "...", "\N{NO-BREAK SPACE}": " "}
    # what formulas are made of
    | {"≈": "~", "≤": "<=", "≥": ">=", "±": "+-", "Σ": "sum", "√": "sqrt", "∞": "inf", "⊕": "+"}
    | {"α": "alpha", "β": "beta", "γ": "gamma", "ε": "epsilon", "ζ": "zeta", "θ": "theta", "λ": "lambda"}
    | {"μ": "u", "µ": "u", "σ": "sigma", "τ": "tau"}
    | {"\N{COMBINING CIRCUMFLEX ACCENT}": "^", "\N{COMBINING TILDE}": "~"}
    | dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True))
)
_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻"
_LOWERED = str.maketrans(_RAISED, "0123456789+-")
_POWER = re.compile(f"[{_RAISED}]+")


def fitted(text: str, encoding: str | None) -> str:
    """Give a text as it will stand in an encoding, so that columns can be laid out.

    Parameters
    ----------
    text : str
    encoding : str or None
        None stands for one that has all characters.
    """
    if encoding is None:
        return text
    return text.encode(encoding, FITTING).decode(encoding)


def _replacement(error: UnicodeError) -> tuple[str, int]:
    """Say what to write for what cannot be encoded, and where to go on."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    plain = _POWER.sub(lambda found: "^" + found[0].translate(_LOWERED), lacking).translate(_PLAIN)
    return plain.encode("ascii", "backslashreplace").decode("ascii"), error.end


codecs.register_error(FITTING, _replacement)
