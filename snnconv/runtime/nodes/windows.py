"""The largest value of each window; padding is −∞, so it never wins."""

from typing import Any

import numpy as np

from snnconv.runtime.nodes.operation import Site

Array = np.ndarray[Any, Any]


class Windows:
    """A value (N, H, W, C) with its padding around it, and the largest of each of its windows.

    The maximum is taken along one axis after the other, each time over whole arrays: of a 3×3 window that is 2 + 2
    comparisons, not 8.

    Attributes
    ----------
    inside : ndarray (N, H, W, C) float64
        The value; write here.
    """

    def __init__(self, site: Site) -> None:
        node, shape = site.node, site.input_shape
        spatial = len(node.kernel)
        before, after = node.pads[:spatial], node.pads[spatial:]
        padded = [size + low + high for size, low, high in zip(shape, before, after, strict=False)]
        values = np.full((site.batch, *padded, shape[-1]), -np.inf)
        places = [slice(low, low + size) for low, size in zip(before, shape, strict=False)]
        self.inside = values[(slice(None), *places)]
        self._padded = values
        self._passes: list[tuple[list[Array], Array]] = []
        self._result = values
        for axis in range(spatial):
            views = shifted(self._result, axis, node.kernel[axis], node.strides[axis], site.shape[axis])
            self._result = views[0]
            if len(views) > 1:
                self._result = np.empty(views[0].shape)
                self._passes.append((views, self._result))

    def places(self, site: Site) -> list[Array]:
        """View the windows place by place, in row order: (N, H', W', C) each."""
        views = [self._padded]
        for axis, (kernel, stride) in enumerate(zip(site.node.kernel, site.node.strides, strict=True)):
            views = [view for whole in views for view in shifted(whole, axis, kernel, stride, site.shape[axis])]
        return views

    def largest(self) -> Array:
        """Give the largest of each window, (N, H', W', C) float64; the next call overwrites it."""
        for (first, second, *others), out in self._passes:
            np.maximum(first, second, out=out)
            for view in others:
                np.maximum(out, view, out=out)
        return self._result


def shifted(values: Array, axis: int, kernel: int, stride: int, count: int) -> list[Array]:
    """View what the windows along one axis read: their first places, their second ones, and so on.

    Parameters
    ----------
    values : ndarray (N, H, W, C)
    axis : int
        0 for rows.
    kernel, stride, count : int
        Places in a window, places between windows, windows.
    """
    before = (slice(None),) * (1 + axis)
    return [values[(*before, slice(first, first + (count - 1) * stride + 1, stride))] for first in range(kernel)]
