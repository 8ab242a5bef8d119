"""Tensors of a graph under construction: what is written of them appends nodes to their builder."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from offboard.operators.casts import BFLOAT16

if TYPE_CHECKING:
    from offboard.operators.builder import Builder

__all__ = [
    "BOOL",
    "FLOAT32",
    "FLOAT64",
    "INT64",
    "Dtype",
    "NodeRecord",
    "Shape",
    "Value",
    "broadcast_shapes",
    "element_type",
    "side_by_side",
]

Shape: TypeAlias = tuple[int, ...]
Dtype: TypeAlias = np.dtype[Any]

BOOL, INT64, FLOAT32, FLOAT64 = np.dtype(np.bool_), np.dtype(np.int64), np.dtype(np.float32), np.dtype(np.float64)

_ELEMENT_TYPES: dict[Dtype, int] = {
    FLOAT32: 1,
    np.dtype(np.uint8): 2,
    np.dtype(np.int8): 3,
    np.dtype(np.uint16): 4,
    np.dtype(np.int16): 5,
    np.dtype(np.int32): 6,
    INT64: 7,
    BOOL: 9,
    np.dtype(np.float16): 10,
    FLOAT64: 11,
    np.dtype(np.uint32): 12,
    np.dtype(np.uint64): 13,
    BFLOAT16: 16,
}

# Up to this many bytes, an element's repetitions are written by ONNX Runtime slower than they are transposed.
_SHORT_RUN = 64


def element_type(dtype: Dtype) -> int:
    """ONNX's number of an element type."""
    return _ELEMENT_TYPES[dtype]


def broadcast_shapes(*shapes: Shape) -> Shape:
    """NumPy's broadcasting; raises ValueError when shapes do not go together."""
    return np.broadcast_shapes(*shapes)


@dataclass(slots=True)
class NodeRecord:
    """One ONNX node to be; ``inputs`` may hold empty names. Subgraphs are attributes of kind Builder.

    ``label`` is what ONNX Runtime calls the node in its errors.
    """

    op: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Any]
    domain: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """A tensor of the graph under construction; ``known`` is its content where that is a constant."""

    graph: Builder
    name: str
    shape: Shape
    dtype: Dtype
    known: npt.NDArray[Any] | None = None

    @property
    def ndim(self) -> int:
        """Number of dimensions."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def is_float(self) -> bool:
        """Whether elements are floating point."""
        return self.dtype.kind == "f" or self.dtype == BFLOAT16

    def seen_from(self, body: Builder) -> Value:
        """The same tensor in a nested graph, which may use whatever its surroundings have."""
        return Value(body, self.name, self.shape, self.dtype, self.known)

    # Arithmetic: with another value of the same dtype, or with a number, which takes this dtype.

    def _other(self, other: Value | float | bool) -> Value:
        return other if isinstance(other, Value) else self.graph.const(np.asarray(other, self.dtype))

    def _binary(self, op: str, left: Value, right: Value, dtype: Dtype | None = None) -> Value:
        return self.graph.emit(op, side_by_side(left, right), broadcast_shapes(left.shape, right.shape), dtype)

    def __add__(self, other: Value | float) -> Value:
        return self._binary("Add", self, self._other(other))

    def __radd__(self, other: float) -> Value:
        return self._binary("Add", self._other(other), self)

    def __sub__(self, other: Value | float) -> Value:
        return self._binary("Sub", self, self._other(other))

    def __rsub__(self, other: float) -> Value:
        return self._binary("Sub", self._other(other), self)

    def __mul__(self, other: Value | float) -> Value:
        return self._binary("Mul", self, self._other(other))

    def __rmul__(self, other: float) -> Value:
        return self._binary("Mul", self._other(other), self)

    def __truediv__(self, other: Value | float) -> Value:
        return _quotient(self, self._other(other))

    def __rtruediv__(self, other: float) -> Value:
        return _quotient(self._other(other), self)

    def __pow__(self, other: Value | float) -> Value:
        return self._binary("Pow", self, self._other(other))

    def __neg__(self) -> Value:
        return self.unary("Neg")

    def __lt__(self, other: Value | float) -> Value:
        return self._binary("Less", self, self._other(other), BOOL)

    def __le__(self, other: Value | float) -> Value:
        return self._binary("LessOrEqual", self, self._other(other), BOOL)

    def __gt__(self, other: Value | float) -> Value:
        return self._binary("Greater", self, self._other(other), BOOL)

    def __ge__(self, other: Value | float) -> Value:
        return self._binary("GreaterOrEqual", self, self._other(other), BOOL)

    def equals(self, other: Value | float) -> Value:
        """Element-wise equality, boolean."""
        return self._binary("Equal", self, self._other(other), BOOL)

    def __and__(self, other: Value) -> Value:
        return self._binary("And", self.cast(BOOL), other.cast(BOOL), BOOL)

    def __or__(self, other: Value) -> Value:
        return self._binary("Or", self.cast(BOOL), other.cast(BOOL), BOOL)

    def __xor__(self, other: Value) -> Value:
        return self._binary("Xor", self.cast(BOOL), other.cast(BOOL), BOOL)

    def __invert__(self) -> Value:
        return self.cast(BOOL).unary("Not")

    def __matmul__(self, other: Value) -> Value:
        if self.shape[-1] != other.shape[-2]:
            raise ValueError(f"a product of matrices needs {self.shape[-1]} rows: {self.shape} and {other.shape}")
        batch = broadcast_shapes(self.shape[:-2], other.shape[:-2])
        return self.graph.emit("MatMul", [self, other], (*batch, self.shape[-2], other.shape[-1]))

    def unary(self, op: str, dtype: Dtype | None = None, **attributes: Any) -> Value:
        """An ONNX operator of one input that keeps the shape."""
        return self.graph.emit(op, [self], self.shape, dtype, **attributes)

    def exp(self) -> Value:
        """Element-wise exponential."""
        return self.unary("Exp")

    def log(self) -> Value:
        """Element-wise natural logarithm."""
        return self.unary("Log")

    def sqrt(self) -> Value:
        """Element-wise square root."""
        return self.unary("Sqrt")

    def abs(self) -> Value:
        """Element-wise absolute value."""
        return self.unary("Abs")

    def floor(self) -> Value:
        """Element-wise floor; integers are their own."""
        return self.unary("Floor") if self.is_float else self

    def isnan(self) -> Value:
        """Where elements are NaN; integers never are."""
        return self.unary("IsNaN", BOOL) if self.is_float else self.graph.full(self.shape, False, BOOL)

    def clip(self, low: float, high: float) -> Value:
        """Limits elements to low..high."""
        return self.graph.emit("Clip", [self, self._other(low), self._other(high)], self.shape)

    def softmax(self, axis: int = -1) -> Value:
        """Softmax along ``axis``."""
        return self.unary("Softmax", axis=axis % self.ndim)

    def cast(self, dtype: npt.DTypeLike) -> Value:
        """ONNX's Cast: truncates floats, wraps integers."""
        wanted = np.dtype(dtype)
        if wanted == self.dtype:
            return self
        if self.known is not None and self.known.size <= 4096 and self.dtype.kind in "ib":
            return self.graph.const(self.known.astype(wanted))
        made = self.graph.value(self.graph.fresh("Cast"), self.shape, wanted)
        self.graph.nodes.append(NodeRecord("Cast", (self.name,), (made.name,), {"to": element_type(wanted)}))
        return made

    # Shape

    def reshape(self, shape: Iterable[int]) -> Value:
        """The same elements in another shape; all dimensions are given."""
        wanted = tuple(int(d) for d in shape)
        if wanted == self.shape:
            return self
        if math.prod(wanted) != self.size:
            raise ValueError(f"cannot reshape {self.shape} to {wanted}")
        if self.known is not None and self.size == 1:
            return self.graph.const(self.known.reshape(wanted))
        return self.graph.emit("Reshape", [self, self.graph.ints(wanted)], wanted, allowzero=1)

    def transpose(self, axes: Sequence[int]) -> Value:
        """Dimensions in another order."""
        order = tuple(axis % self.ndim for axis in axes)
        shape = tuple(self.shape[axis] for axis in order)
        moved = [axis for axis in order if self.shape[axis] != 1]
        if moved == sorted(moved):
            return self.reshape(shape)
        return self.graph.emit("Transpose", [self], shape, perm=order)

    def swapaxes(self, first: int, second: int) -> Value:
        """Two dimensions exchanged."""
        order = list(range(self.ndim))
        first, second = first % self.ndim, second % self.ndim
        order[first], order[second] = order[second], order[first]
        return self.transpose(order)

    def unsqueeze(self, *axes: int) -> Value:
        """New dimensions of size 1 at ``axes`` of the result."""
        shape = list(self.shape)
        for axis in sorted(axes):
            shape.insert(axis, 1)
        return self.reshape(shape)

    def squeeze(self, *axes: int) -> Value:
        """Without the dimensions ``axes``, each of size 1."""
        dropped = {axis % self.ndim for axis in axes}
        return self.reshape(d for axis, d in enumerate(self.shape) if axis not in dropped)

    def provided(self, condition: Value, text: str) -> Value:
        """The same elements; where ``condition`` (one element) is false, running the graph fails with ``text``."""
        # ONNX has no assertion: a Reshape to one element more fails, and its error has the node's name.
        size = self.graph.where(condition.reshape((1,)), self.graph.ints([self.size]), self.graph.ints([self.size + 1]))
        made = self.graph.emit("Reshape", [self.reshape((self.size,)), size], (self.size,), allowzero=1)
        # No two nodes may have one name.
        self.graph.nodes[-1].label = self.graph.fresh(text)
        return made.reshape(self.shape)

    def expand(self, shape: Iterable[int]) -> Value:
        """Broadcast to ``shape``."""
        wanted = tuple(shape)
        if wanted == self.shape:
            return self
        if broadcast_shapes(self.shape, wanted) != wanted:
            raise ValueError(f"cannot broadcast {self.shape} to {wanted}")
        own = (1,) * (len(wanted) - self.ndim) + self.shape
        kept = max((axis + 1 for axis, size in enumerate(own) if size != 1), default=0)
        rows, run = math.prod(wanted[:kept]), math.prod(wanted[kept:])
        if 1 < run <= _SHORT_RUN // self.dtype.itemsize and rows >= _SHORT_RUN:
            # ONNX Runtime writes short runs element by element: columns are made, and turned into rows.
            columns = self.reshape((1, *own[:kept])).expand((run, *wanted[:kept])).reshape((run, rows))
            return columns.transpose([1, 0]).reshape(wanted)
        return self.graph.emit("Expand", [self, self.graph.ints(wanted)], wanted)

    def tile(self, repeats: Sequence[int]) -> Value:
        """Repeated whole, dimension by dimension."""
        if all(count == 1 for count in repeats):
            return self
        shape = tuple(d * count for d, count in zip(self.shape, repeats, strict=True))
        return self.graph.emit("Tile", [self, self.graph.ints(repeats)], shape)

    def slice(self, axis: int, start: int, stop: int, step: int = 1) -> Value:
        """Python's ``[start:stop:step]`` along one axis, with all three resolved (stop may be -1 going down)."""
        return self.slices({axis: (start, stop, step)})

    def slices(self, ranges: dict[int, tuple[int, int, int]]) -> Value:
        """Resolved slices along several axes."""
        shape = list(self.shape)
        ranges = {axis % self.ndim: each for axis, each in ranges.items()}
        if all(each == (0, self.shape[axis], 1) for axis, each in ranges.items()):
            return self
        low = -(2**31)
        for axis, (start, stop, step) in ranges.items():
            shape[axis] = len(range(start, stop, step))
        starts = self.graph.ints(start for start, _, _ in ranges.values())
        stops = self.graph.ints(low if stop < 0 else stop for _, stop, _ in ranges.values())
        steps = self.graph.ints(step for _, _, step in ranges.values())
        return self.graph.emit("Slice", [self, starts, stops, self.graph.ints(ranges), steps], tuple(shape))

    def split(self, axis: int, parts: int) -> list[Value]:
        """Equal parts along ``axis``."""
        if parts == 1:
            return [self]
        axis %= self.ndim
        size = self.shape[axis] // parts
        shape = (*self.shape[:axis], size, *self.shape[axis + 1 :])
        sizes = self.graph.ints([size] * parts)
        return self.graph.emit_many("Split", [self, sizes], [(shape, None)] * parts, axis=axis)

    def pad(self, pads: Sequence[tuple[int, int]], value: float = 0.0, mode: str = "constant") -> Value:
        """Padded before and after each dimension."""
        if all(pair == (0, 0) for pair in pads):
            return self
        shape = tuple(d + before + after for d, (before, after) in zip(self.shape, pads, strict=True))
        amounts = self.graph.ints([before for before, _ in pads] + [after for _, after in pads])
        fill = self.graph.const(np.asarray(value, self.dtype)) if mode == "constant" else None
        return self.graph.emit("Pad", [self, amounts, fill], shape, mode=mode)

    def gather(self, indices: Value, axis: int) -> Value:
        """Elements of ``axis`` at ``indices``, all in range."""
        axis %= self.ndim
        shape = (*self.shape[:axis], *indices.shape, *self.shape[axis + 1 :])
        if self.ndim == 1 and indices.ndim > 0:
            # ONNX Runtime's Gather copies slices of a single element, which takes six times as long.
            flat = indices.reshape((indices.size,))
            return self.graph.emit("GatherElements", [self, flat], flat.shape, axis=0).reshape(shape)
        return self.graph.emit("Gather", [self, indices], shape, axis=axis)

    # Reduction

    def reduce(self, op: str, axes: Iterable[int], keepdims: bool = False) -> Value:
        """An ONNX Reduce operator over ``axes``."""
        reduced = {axis % self.ndim for axis in axes} if self.ndim else set()
        if not reduced:
            return self
        kept = tuple(1 if axis in reduced else d for axis, d in enumerate(self.shape))
        shape = kept if keepdims else tuple(d for axis, d in enumerate(self.shape) if axis not in reduced)
        return self.graph.emit(op, [self, self.graph.ints(sorted(reduced))], shape, keepdims=int(keepdims))

    def sum(self, axes: Iterable[int], keepdims: bool = False) -> Value:
        """Sum over ``axes``."""
        return self.reduce("ReduceSum", axes, keepdims)

    def mean(self, axes: Iterable[int], keepdims: bool = False) -> Value:
        """Mean over ``axes``."""
        return self.reduce("ReduceMean", axes, keepdims)

    def max(self, axes: Iterable[int], keepdims: bool = False) -> Value:
        """Maximum over ``axes``; NaN is lost or kept by position."""
        return self.reduce("ReduceMax", axes, keepdims)

    def min(self, axes: Iterable[int], keepdims: bool = False) -> Value:
        """Minimum over ``axes``."""
        return self.reduce("ReduceMin", axes, keepdims)


def side_by_side(*values: Value) -> list[Value]:
    """Operands with single numbers in as many dimensions as the others, where those end with a dimension of 1.

    Without, ONNX Runtime pairs elements with the number one by one, which takes 40 times as long.
    """
    ndim = max(value.ndim for value in values)
    if all(value.shape[-1:] != (1,) for value in values):
        return list(values)
    return [value.reshape((1,) * ndim) if value.size == 1 else value for value in values]


def _quotient(dividend: Value, divisor: Value) -> Value:
    """ONNX's Div. The least integer by -1, which overflows and would end the process, is itself."""
    if divisor.dtype.kind != "i" or (divisor.known is not None and not (divisor.known == -1).any()):
        return dividend._binary("Div", dividend, divisor)
    g = dividend.graph
    negated = divisor.equals(-1)
    whole = dividend._binary("Div", dividend, g.where(negated, g.const(1, divisor.dtype), divisor))
    return g.where(negated, -dividend, whole)
