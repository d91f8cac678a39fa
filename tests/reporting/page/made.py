"""What a made-up run is like."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Made:
    """What a made-up run is like."""

    name: str = "resnet20.snn"
    method: str = "paper"
    steps: int = 64
    images: int = 1000
    classes: int = 10
    depth: int = 6
    side: int = 8
    labels: bool = True
    reference: bool = True
    observed: bool = True
    energy: bool = True
    complete: bool = True
    seed: int = 0
    layer_names: tuple[str, ...] | None = None
    options: tuple[tuple[str, Any], ...] = (("percentile", 99.9), ("reset", "subtract"))

    @property
    def layers(self) -> tuple[str, ...]:
        return self.layer_names or tuple(f"/layer{k // 6 + 1}/block{k % 6}/Relu" for k in range(self.depth))
