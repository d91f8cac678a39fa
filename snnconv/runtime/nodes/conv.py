"""``Conv``: channels-last patches times a weight matrix, in blocks that stay in the cache."""

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from snnconv.ir import nodes as ir
from snnconv.product import product
from snnconv.runtime.nodes.operation import Site, on_grid, summed
from snnconv.runtime.nodes.padded import held

Array = np.ndarray[Any, Any]

_BLOCK_BYTES = 1 << 19


class Conv:
    """A convolution of a chunk over two axes; over one it is that of an image with one row.

    On spikes the sums are exact in float32. On a current (the image, or a membrane shortcut) they are made in float64,
    exact too by the choice of the grids, and then rounded to the node's grid.
    """

    def __init__(self, site: Site) -> None:
        node: ir.Conv = site.node
        dtype = site.dtype
        self._grid = site.result_grid()
        self._strides, self._dilations = (1, *node.strides)[-2:], (1, *node.dilations)[-2:]
        height, width, channels = (1, *site.input_shape)[-3:]
        top, left, bottom, right = node.pads if len(node.pads) == 4 else (0, node.pads[0], 0, node.pads[1])
        images = site.steps * site.batch
        padded = (height + top + bottom, width + left + right, channels)
        # images that have a padded copy at a time: with much padding, not all of a chunk
        together = held(images, prod(padded) * np.dtype(dtype).itemsize)
        self._padded = np.zeros((together, *padded), dtype=dtype)
        self._inside = self._padded[:, top : top + height, left : left + width]
        self._out = site.buffer(dtype)
        shape = (1, *site.shape)[-3:]
        self._flat = self._out.reshape(images, *shape)
        weight = site.network.tensors[node.weight].astype(dtype)
        weight = weight.reshape(*weight.shape[:2], *(1, *weight.shape[2:])[-2:])
        self._kernel = weight.shape[2:]
        self._bias: Array | None = None
        bias = site.parameter(node.bias, 0.0)
        row = np.zeros(weight.shape[0])
        if bias.size == bias.shape[-1]:  # one number per channel: a last row of the matrix, met by a column of ones
            row[:] = bias.reshape(-1)
        else:
            self._bias = bias.astype(dtype)
        self._groups = _matrices(weight, row.astype(dtype), node.groups)
        self._windows = self._view()
        self._blocks = self._split(together, shape, dtype)

    def reset(self) -> None:
        """There is no state."""

    def advance(self, inputs: Sequence[Array], steps: int) -> Array:
        """Convolve a chunk."""
        del steps
        x = summed(inputs)
        images = x.shape[0] * x.shape[1]
        values = x.reshape(images, *self._inside.shape[1:])
        for start in range(0, images, len(self._padded)):
            piece = values[start : start + len(self._padded)]
            np.copyto(self._inside[: len(piece)], piece)
            self._convolve(self._flat[start : start + len(piece)])
        out = self._out[: x.shape[0]]
        if self._bias is not None:
            out += self._bias
        return on_grid(out, self._grid)

    def _convolve(self, out: Array) -> None:
        """Write the sums of as many padded images as `out` (images, H_out, W_out, O) has."""
        for first, last, low, high, patches, rows in self._blocks:
            if first >= len(out):
                break
            if last > len(out):  # the last piece of a chunk may be shorter
                patches = patches[: len(out) - first]  # noqa: PLW2901
                rows = rows[: (len(out) - first) * (high - low) * out.shape[2]]  # noqa: PLW2901
            for group, matrix in enumerate(self._groups):
                inputs_per_group = patches.shape[-1]
                channels = slice(group * inputs_per_group, (group + 1) * inputs_per_group)
                np.copyto(patches, self._windows[first : first + len(patches), low:high, ..., channels])
                outputs = slice(group * matrix.shape[1], (group + 1) * matrix.shape[1])
                target = out[first : first + len(patches), low:high, :, outputs]
                if len(self._groups) == 1 and target.flags.c_contiguous:
                    product(rows, matrix, out=target.reshape(len(rows), -1))
                else:
                    target[...] = product(rows, matrix).reshape(target.shape)

    def _view(self) -> Array:
        """View the padded input as patches: (images, H_out, W_out, k_y, k_x, C)."""
        k_y, k_x = self._kernel
        d_y, d_x = self._dilations
        s_y, s_x = self._strides
        view = sliding_window_view(self._padded, (d_y * (k_y - 1) + 1, d_x * (k_x - 1) + 1), axis=(1, 2))
        # (images, H, W, C, k_y, k_x) -> (images, H, W, k_y, k_x, C)
        return view[:, ::s_y, ::s_x, :, ::d_y, ::d_x].transpose(0, 1, 2, 4, 5, 3)

    def _split(self, images: int, shape: tuple[int, ...], dtype: type[np.generic]) -> list[tuple[Any, ...]]:
        """Cut the work into blocks: whole images where several fit, else rows of one image."""
        height, width, _ = shape
        k_y, k_x = self._kernel
        channels = self._padded.shape[-1] // len(self._groups)
        columns = k_y * k_x * channels
        row_bytes = width * (columns + 1) * np.dtype(dtype).itemsize
        rows = max(1, min(height, _BLOCK_BYTES // row_bytes))
        together = max(1, _BLOCK_BYTES // (row_bytes * height)) if rows == height else 1
        memory = np.ones((together * rows * width, columns + 1), dtype=dtype)  # the last column stays 1
        blocks = []
        for first in range(0, images, together):
            last = min(first + together, images)
            for low in range(0, height, rows):
                high = min(low + rows, height)
                used = memory[: (last - first) * (high - low) * width]
                patches = used[:, :columns].reshape(last - first, high - low, width, k_y, k_x, channels)
                blocks.append((first, last, low, high, patches, used))
        return blocks


def _matrices(weight: Array, bias: Array, groups: int) -> list[Array]:
    """Give each group's (k_y · k_x · I + 1, O) matrix; its last row is the bias."""
    matrices = []
    for group in range(groups):
        part = slice(group * len(weight) // groups, (group + 1) * len(weight) // groups)
        # (O, I, k_y, k_x) -> (k_y, k_x, I, O)
        matrix = weight[part].transpose(2, 3, 1, 0).reshape(-1, weight[part].shape[0])
        matrices.append(np.ascontiguousarray(np.vstack([matrix, bias[part]])))
    return matrices


OPERATIONS = {"Conv": Conv}
