"""Numbers and names as the page shows them."""

from math import isfinite

from markupsafe import Markup

_FIXED_SPACE = "\u00a0"
"""Between a number and its unit: no line ends there."""


def harmless(text: str) -> str:
    r"""Replace control and format characters by their escapes, such as ``\u202e``.

    A name may hold characters that turn the text after them around, or that nobody sees.
    """
    return "".join(
        c if c.isprintable() or c == _FIXED_SPACE else c.encode("unicode_escape", "backslashreplace").decode()
        for c in text
    )


def finalize(value: object) -> object:
    """Make what a template prints harmless; markup of our own passes."""
    if isinstance(value, Markup):
        return value
    return harmless(value) if isinstance(value, str) else value


def clipped(name: str, length: int) -> str:
    """Shorten a name in its middle: its ends tell names of layers apart."""
    plain = harmless(name)
    if len(plain) <= length:
        return plain
    head = (length - 1) // 2
    return plain[:head] + "…" + plain[len(plain) - (length - 1 - head) :]


def percent(share: float, digits: int = 2) -> str:
    """Give a share in [0, 1] in percent."""
    return f"{_sign(f'{100 * share:.{digits}f}')}{_FIXED_SPACE}%"


def percent_range(low: float, high: float, digits: int = 2) -> str:
    """Give an interval of shares in percent."""
    return f"{_sign(f'{100 * low:.{digits}f}')} to {_sign(f'{100 * high:.{digits}f}')}{_FIXED_SPACE}%"


def fixed(value: float, digits: int = 2) -> str:
    """Give a number with so many decimals, thousands apart."""
    return _sign(f"{value:,.{digits}f}")


def count(value: float) -> str:
    """Give a count, which is a fraction where it is a mean: whole from 1,000 on, else with up to 2 decimals."""
    if value == int(value) or abs(value) >= 1000:
        return _sign(f"{value:,.0f}")
    return _sign(f"{value:,.2f}")


def significant(value: float, digits: int = 3) -> str:
    """Give a number with so many significant digits, without an exponent where it is of everyday size."""
    if not isfinite(value):
        return str(value)
    if value and not 1e-4 <= abs(value) < 1e6:
        mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
        return f"{_sign(mantissa)}e{_sign(str(int(exponent)))}"
    text = f"{value:.{digits}g}"
    if "e" in text:
        text = f"{float(text):.0f}"
    whole, dot, rest = text.partition(".")
    return _sign(f"{int(whole):,}" + dot + rest) if abs(value) >= 1000 else _sign(text)


def short(value: float) -> str:
    """Give a number with an SI prefix, such as ``40.1 M``, for axes and labels in pictures."""
    for limit, prefix in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= limit * 0.9995:
            return f"{_sign(f'{value / limit:.3g}')}{_FIXED_SPACE}{prefix}"
    return _sign(f"{value:.3g}")


def energy(uj: float) -> str:
    """Give an energy with the unit that fits it; `uj` is in µJ."""
    for factor, unit in ((1e6, "J"), (1e3, "mJ"), (1.0, "µJ"), (1e-3, "nJ")):
        if uj >= factor * 0.9995:
            return f"{uj / factor:.3g}{_FIXED_SPACE}{unit}"
    return f"{uj * 1e6:.3g}{_FIXED_SPACE}pJ"


def _sign(text: str) -> str:
    # the minus sign is as wide as a digit, the hyphen is not; zero has no sign
    if text.startswith("-") and not any(c in "123456789" for c in text):
        return text[1:]
    return text.replace("-", "−")
