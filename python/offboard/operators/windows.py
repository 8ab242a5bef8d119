"""Windows of maps laid out as columns, and columns added up to maps, of any number of dimensions and any dtype."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from offboard.operators.builder import FLOAT32, Shape, Value

__all__ = ["Windows"]


@dataclass(frozen=True)
class Windows:
    """Where the windows of a map lie: kernel, stride, dilation and padding, one number a dimension."""

    kernel: Shape
    stride: Shape
    dilate: Shape
    pad: Shape

    @property
    def taps(self) -> int:
        """Elements of a window."""
        return math.prod(self.kernel)

    def counts(self, size: Shape) -> Shape:
        """How many windows a map of ``size`` has in each direction; raises ValueError where there are none."""
        if len(size) != len(self.kernel):
            raise ValueError(f"kernel {self.kernel} does not fit a map of {size}")
        made = tuple(
            (d + 2 * b - (e * (k - 1) + 1)) // s + 1
            for d, k, s, e, b in zip(size, self.kernel, self.stride, self.dilate, self.pad, strict=True)
        )
        if min(made) <= 0:
            raise ValueError(f"kernel {self.kernel} exceeds a map of {size}")
        return made

    def _positions(self, counts: Shape) -> list[np.ndarray]:
        """Where in the padded map the elements lie: for each dimension (kernel, windows)."""
        return [
            np.arange(k)[:, None] * e + np.arange(o)[None, :] * s
            for k, e, o, s in zip(self.kernel, self.dilate, counts, self.stride, strict=True)
        ]

    def columns(self, x: Value) -> Value:
        """The windows of (n, c, ...) as (n, c, taps, windows)."""
        counts = self.counts(x.shape[2:])
        n, c = x.shape[:2]
        made = x.pad([(0, 0), (0, 0), *((b, b) for b in self.pad)])
        # Direction by direction, a slice for each element of the kernel: the elements come before the directions.
        for done, axis in enumerate(reversed(range(len(counts)))):
            step, last = self.stride[axis], (counts[axis] - 1) * self.stride[axis] + 1
            starts = [k * self.dilate[axis] for k in range(self.kernel[axis])]
            made = x.graph.stack([made.slice(axis + 2 + done, at, at + last, step) for at in starts], 2)
        return made.reshape((n, c, self.taps, math.prod(counts)))

    def added(self, columns: Value, size: Shape) -> Value:
        """The map (n, c, ``size``) to whose elements the columns (n, c, taps, windows) are added."""
        counts = self.counts(size)
        g = columns.graph
        n, c, taps, windows = columns.shape
        padded = tuple(d + 2 * b for d, b in zip(size, self.pad, strict=True))
        index = np.zeros((1,) * 2 * len(size), np.int64)
        for axis, position in enumerate(self._positions(counts)):
            shape = [1] * (2 * len(size))
            shape[axis], shape[axis + len(size)] = position.shape
            index = index * padded[axis] + position.reshape(shape)
        # ONNX Runtime cannot add float16 in place.
        kind = FLOAT32 if columns.dtype == np.float16 else columns.dtype
        updates = columns.cast(kind).reshape((n * c, taps * windows)).transpose([1, 0])
        empty = g.full((math.prod(padded), n * c), 0, kind)
        made = g.emit("ScatterND", [empty, g.const(index.reshape(-1, 1)), updates], empty.shape, reduction="add")
        made = made.transpose([1, 0]).reshape((n, c, *padded)).cast(columns.dtype)
        return made.slices({axis + 2: (b, b + d, 1) for axis, (b, d) in enumerate(zip(self.pad, size, strict=True))})
