"""A container that the tests read and damage."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnconv.files import container

Content = tuple[dict[str, Any], container.Tensors]


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """Give a file of the format ``snnconv.test``, version 1, with two tensors."""
    path = tmp_path / "good"
    tensors = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.array([7, 8], dtype=np.int64)}
    container.write(path, {"format": "snnconv.test", "version": 1, "note": "λ"}, tensors)
    return path


@pytest.fixture(scope="session")
def same() -> Callable[[Content, Content], bool]:
    """Give the function that compares two manifests with their tensors."""

    def compare(first: Content, second: Content) -> bool:
        (manifest, tensors), (other, others) = first, second
        return (
            manifest == other
            and set(tensors) == set(others)
            and all(
                tensors[n].dtype == others[n].dtype
                and tensors[n].shape == others[n].shape
                and np.array_equal(tensors[n], others[n])
                for n in tensors
            )
        )

    return compare
