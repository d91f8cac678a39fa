"""Import torchvision and timm next to a PyTorch build that torchvision's compiled part was not made for.

Their networks are plain Python. Only torchvision's detection operators are compiled, and without them its import
stops at two names. Declaring these two lets the import go on; nothing here calls them.
"""

import importlib
from types import ModuleType

import torch

_SIGNATURE = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
_library = torch.library.Library("torchvision", "FRAGMENT")  # kept: the declarations live as long as this object


def load_libraries() -> tuple[ModuleType, ModuleType]:
    """Return ``torchvision.models`` and ``timm``."""
    for operator in ("nms", "qnms"):
        if not hasattr(torch.ops.torchvision, operator):
            _library.define(operator + _SIGNATURE)
    return importlib.import_module("torchvision.models"), importlib.import_module("timm")
