"""Operators that look through a window that moves over the picture: convolution and pooling."""

from math import prod
from typing import Any

import numpy as np
from jax import lax
from jax import numpy as jnp

from framegate_learn.nodes import Node, Unfit

Values = Any

# Above so many places of a kernel, a sum over them takes longer than the general convolution.
_DEPTHWISE_PLACES = 49


def conv(node: Node, x: Values, weight: Values, bias: Values = None) -> Values:
    """Conv of one, two or three directions."""
    kernel = weight.shape[2:]
    group = node.whole("group", 1)
    strides = node.list("strides", [1] * len(kernel))
    dilations = node.list("dilations", [1] * len(kernel))
    margins = _margins(node, x.shape[2:], kernel, strides, dilations)
    depthwise = group == x.shape[1] == weight.shape[0] and group > 1
    if depthwise and len(kernel) == 2 and prod(kernel) <= _DEPTHWISE_PLACES:
        y = _depthwise(x, weight, strides, dilations, margins)
    else:
        letters = "DHW"[-len(kernel) :]
        order = (f"NC{letters}", f"OI{letters}", f"NC{letters}")
        y = lax.conv_general_dilated(
            x,
            jnp.asarray(weight),
            strides,
            margins,
            rhs_dilation=dilations,
            dimension_numbers=order,
            feature_group_count=group,
        )
    return y if bias is None else y + bias.reshape((1, -1, *(1,) * len(kernel)))


def _depthwise(x: Values, weight: Values, strides: list, dilations: list, margins: list) -> Values:
    """A sum over the kernel's places: XLA's general one is tens of times slower on a processor."""
    x = jnp.pad(x, [(0, 0), (0, 0), *margins])
    sizes = [
        (side - (reach - 1) * dilation - 1) // stride + 1
        for side, reach, dilation, stride in zip(x.shape[2:], weight.shape[2:], dilations, strides)
    ]
    total = 0
    for place in np.ndindex(*weight.shape[2:]):
        starts = [p * dilation for p, dilation in zip(place, dilations)]
        cuts = [
            slice(start, start + (size - 1) * stride + 1, stride)
            for start, size, stride in zip(starts, sizes, strides)
        ]
        part = x[(slice(None), slice(None), *cuts)]
        total = total + part * weight[(slice(None), 0, *place)].reshape(1, -1, 1, 1)
    return total


def _margins(
    node: Node, sides: tuple, kernel: tuple, strides: list, dilations: list
) -> list[tuple[int, int]]:
    """Before and behind, in each direction."""
    how = node.text("auto_pad", "NOTSET")
    if how in ("NOTSET", ""):
        pads = node.list("pads", [0] * (2 * len(kernel)))
        return list(zip(pads[: len(kernel)], pads[len(kernel) :]))
    if how == "VALID":
        return [(0, 0)] * len(kernel)
    margins = []
    for side, reach, stride, dilation in zip(sides, kernel, strides, dilations):
        covered = (-(-side // stride) - 1) * stride + (reach - 1) * dilation + 1
        both = max(covered - side, 0)
        less, more = both // 2, both - both // 2
        margins.append((less, more) if how == "SAME_UPPER" else (more, less))
    return margins


class _Pool:
    """The windows of one pooling node over `x`."""

    def __init__(self, node: Node, x: Values) -> None:
        self.kernel = node.list("kernel_shape", [])
        self.strides = node.list("strides", [1] * len(self.kernel))
        self.dilations = node.list("dilations", [1] * len(self.kernel))
        sides = x.shape[2:]
        self.margins = _margins(node, sides, self.kernel, self.strides, self.dilations)
        self.stated = list(self.margins)
        if node.whole("ceil_mode", 0):
            self.margins = [self._ceiled(i, side) for i, side in enumerate(sides)]

    def _ceiled(self, i: int, side: int) -> tuple[int, int]:
        """A last window may hang over, if it does not begin behind the picture."""
        before, behind = self.margins[i]
        reach, stride = (self.kernel[i] - 1) * self.dilations[i] + 1, self.strides[i]
        count = -(-(side + before + behind - reach) // stride) + 1
        if (count - 1) * stride >= side + before:
            count -= 1
        return before, max(behind, (count - 1) * stride + reach - side - before)

    def tiles(self, x: Values) -> bool:
        """Whether the windows stand side by side and cover all."""
        return (
            self.kernel == self.strides
            and all(it == 1 for it in self.dilations)
            and all(it == (0, 0) for it in self.margins)
            and all(side % reach == 0 for side, reach in zip(x.shape[2:], self.kernel))
        )

    def tiled(self, x: Values) -> tuple[Values, tuple[int, ...]]:
        """`x` with an axis of its own for the places in each direction, and those axes."""
        shape = list(x.shape[:2])
        for side, reach in zip(x.shape[2:], self.kernel):
            shape += [side // reach, reach]
        return x.reshape(shape), tuple(range(3, 3 + 2 * len(self.kernel), 2))

    def reduce(self, x: Values, start: float, function: Any, margins: list | None = None) -> Values:
        """What `function` makes of each window."""
        return lax.reduce_window(
            x,
            np.array(start, x.dtype),
            function,
            (1, 1, *self.kernel),
            (1, 1, *self.strides),
            [(0, 0), (0, 0), *(self.margins if margins is None else margins)],
            window_dilation=(1, 1, *self.dilations),
        )


def max_pool(node: Node, x: Values) -> Values:
    """MaxPool without the indices."""
    if node.outputs > 1:
        raise Unfit(f"{node}: its indices are used")
    pool = _Pool(node, x)
    if pool.tiles(x):
        # The gradient of the general one is slow on a processor.
        tiled, axes = pool.tiled(x)
        return tiled.max(axes)
    return pool.reduce(x, -np.inf, lax.max)


def average_pool(node: Node, x: Values) -> Values:
    """AveragePool; what hangs over counts only where the node says so."""
    pool = _Pool(node, x)
    if pool.tiles(x):
        tiled, axes = pool.tiled(x)
        return tiled.mean(axes)
    ones = np.ones((1, 1, *x.shape[2:]), np.float32)
    margins = pool.margins
    if node.whole("count_include_pad", 0):
        # The stated margin counts; what rounding up has added does not.
        ones = np.pad(ones, [(0, 0), (0, 0), *pool.stated], constant_values=1)
        margins = [(0, all_[1] - it[1]) for all_, it in zip(pool.margins, pool.stated)]
    return pool.reduce(x, 0, lax.add) / pool.reduce(jnp.asarray(ones), 0, lax.add, margins)
