"""``lif``: leaky integrate and fire, V ← leak · V + I (Vicente-Sola et al., Eq. 3-4)."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from snnconv.errors import NetworkError
from snnconv.ir.names import Name
from snnconv.ir.rules.rule import Array, Rule


class LeakyIntegrateAndFire(Rule):
    """A membrane that forgets."""

    LEAKY: ClassVar[bool] = True
    PARAMETERS: ClassVar[tuple[str, ...]] = ("leak",)

    kind: Literal["lif"] = "lif"
    leak: Name
    """Factor on the membrane per step."""

    def check(self, node: str, tensors: Mapping[str, Array]) -> None:
        """Refuse a leak that lets the membrane grow."""
        leak = tensors[self.leak]
        if not ((leak >= 0) & (leak <= 1)).all():
            raise NetworkError(f"node {node}: a leak lies between 0 and 1")
