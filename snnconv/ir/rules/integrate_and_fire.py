"""``if``: integrate and fire, V ← V + I (Hu et al., Eq. 8)."""

from typing import Literal

from snnconv.ir.rules.rule import Rule


class IntegrateAndFire(Rule):
    """A membrane that keeps what it has until a spike."""

    kind: Literal["if"] = "if"
