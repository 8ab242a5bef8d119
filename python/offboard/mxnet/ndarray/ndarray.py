"""NDArray: MXNet's array over NumPy memory, with views that write through and a version that counts writes."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Hashable, Iterator, Mapping
from typing import Any

import ml_dtypes
import numpy as np
import numpy.typing as npt

from offboard.errors import MXNetError
from offboard.mxnet.context import Context, cpu, require_array_home
from offboard.operators import table
from offboard.operators.shaping import reshape_shape
from offboard.runtime.imperative import invoke

__all__ = ["NDArray", "Storage", "apply", "resolve_dtype"]

_SERIAL = itertools.count()


class Storage:
    """What all views of one array share: an identity and a count of writes. Foreign memory may change unseen."""

    __slots__ = ("foreign", "serial", "version")

    def __init__(self, foreign: bool = False) -> None:
        self.serial = next(_SERIAL)
        self.version = 0
        self.foreign = foreign


def resolve_dtype(dtype: Any) -> np.dtype[Any]:
    """A NumPy dtype of a type, a name (``bfloat16`` too) or None (float32)."""
    if dtype is None:
        return np.dtype(np.float32)
    made: np.dtype[Any] = np.dtype(ml_dtypes.bfloat16) if dtype == "bfloat16" else np.dtype(dtype)
    return made


def apply(operator: str, inputs: list[NDArray], params: Mapping[str, Any], out: Any = None) -> Any:
    """Runs an operator on arrays: one array, a list of several, or ``out`` filled."""
    attrs = {key: table.format_value(value) for key, value in params.items()}
    made = [NDArray(array) for array in invoke(operator, [each._data for each in inputs], attrs)]
    if out is not None:
        for target, value in zip(out if isinstance(out, (list, tuple)) else [out], made, strict=False):
            target[:] = value
        return out
    return made[0] if len(made) == 1 else made


class NDArray:
    """An array on the CPU. Basic slices of leading axes are views; ``asnumpy`` copies."""

    __slots__ = ("__weakref__", "_data", "_storage")
    __array_priority__ = 1000.0

    def __init__(self, data: npt.NDArray[Any], storage: Storage | None = None) -> None:
        self._data = data
        self._storage = Storage() if storage is None else storage

    # What it is

    @property
    def shape(self) -> tuple[int, ...]:
        """Dimensions."""
        return self._data.shape

    @property
    def dtype(self) -> Any:
        """The NumPy scalar type."""
        return self._data.dtype.type

    @property
    def ndim(self) -> int:
        """Number of dimensions."""
        return self._data.ndim

    @property
    def size(self) -> int:
        """Number of elements."""
        return self._data.size

    @property
    def context(self) -> Context:
        """Arrays live on the CPU."""
        return cpu()

    ctx = context

    @property
    def stype(self) -> str:
        """Arrays are dense."""
        return "default"

    @property
    def grad(self) -> None:
        """No gradients are kept."""
        return

    @property
    def T(self) -> NDArray:
        """The dimensions reversed."""
        made: NDArray = self.transpose()
        return made

    def version_token(self) -> Hashable | None:
        """Changes when the content did; None when nobody can tell."""
        storage = self._storage
        return None if storage.foreign else (storage.serial, storage.version)

    def __repr__(self) -> str:
        shape = "x".join(str(d) for d in self.shape)
        return f"\n{self._data!s}\n<NDArray {shape} @{self.context}>"

    def __len__(self) -> int:
        return self.shape[0]

    def __iter__(self) -> Iterator[NDArray]:
        return (self[index] for index in range(len(self)))

    def __bool__(self) -> bool:
        if self.size > 1:
            raise ValueError("The truth value of an NDArray with multiple elements is ambiguous.")
        return bool(self.size and self._data.reshape(-1)[0])

    def __float__(self) -> float:
        return float(self.asscalar())

    def __int__(self) -> int:
        return int(self.asscalar())

    def __index__(self) -> int:
        return int(self.asscalar())

    __hash__ = object.__hash__

    def __reduce__(self) -> tuple[Any, ...]:
        return NDArray, (self.asnumpy(),)

    # To NumPy and back

    def asnumpy(self) -> npt.NDArray[Any]:
        """A copy."""
        return self._data.copy()

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> npt.NDArray[Any]:
        return np.array(self._data, dtype)

    def asscalar(self) -> Any:
        """The only element."""
        if self.size != 1:
            raise ValueError("The current array is not a scalar")
        return self._data.reshape(-1)[0]

    item = asscalar

    def wait_to_read(self) -> None:
        """Everything is done when a call returns."""

    def astype(self, dtype: Any, copy: bool = True) -> NDArray:
        """Another dtype."""
        wanted = resolve_dtype(dtype)
        if wanted == self._data.dtype and not copy:
            return self
        made: NDArray = apply("Cast", [self], {"dtype": wanted.name})
        return made

    def copy(self) -> NDArray:
        """An array of its own memory."""
        return NDArray(self._data.copy())

    def copyto(self, other: NDArray | Context) -> NDArray:
        """Copies into another array, or to a new one on a context."""
        if isinstance(other, Context):
            require_array_home(other)
            return self.copy()
        if other is self:
            return self
        other[:] = self
        return other

    def as_in_context(self, context: Context) -> NDArray:
        """Itself: every array is on the CPU already."""
        require_array_home(context)
        return self

    as_in_ctx = as_in_context

    def detach(self) -> NDArray:
        """A view without gradient."""
        return NDArray(self._data, self._storage)

    def attach_grad(self, grad_req: str = "write", stype: str | None = None) -> None:
        """No gradients are kept: nothing to do until ``backward`` refuses."""

    def tostype(self, stype: str) -> NDArray:
        """Dense is the only storage of computed arrays."""
        return self.copy()

    # Indexing

    def __getitem__(self, key: Any) -> NDArray:
        key = _plain_key(key)
        made = self._data[key]
        if not isinstance(made, np.ndarray):
            made = np.asarray(made, self._data.dtype)
        view = _is_leading(key) and np.shares_memory(made, self._data)
        if made.ndim == 0:
            # A single element has shape (1,), and still writes through.
            made = made.reshape(1) if not view else self._element(key)
        return NDArray(made, self._storage) if view else NDArray(np.array(made))

    def _element(self, key: Any) -> npt.NDArray[Any]:
        keys = key if isinstance(key, tuple) else (key,)
        ranged = tuple(slice(k, k + 1 if k != -1 else None) if isinstance(k, int) else k for k in keys)
        return self._data[ranged].reshape(1)

    def __setitem__(self, key: Any, value: Any) -> None:
        key = _plain_key(key)
        plain = value._data if isinstance(value, NDArray) else value
        if not self._data.flags.writeable:
            raise ValueError("trying to assign to a readonly NDArray")
        try:
            self._data[key] = plain
        except ValueError as error:
            if isinstance(plain, np.ndarray) and plain.size == self._data[key].size:
                self._data[key] = plain.reshape(self._data[key].shape)
            else:
                raise ValueError(f"cannot assign {np.shape(plain)} to {self._data[key].shape}") from error
        self._storage.version += 1

    def slice_assign(self, value: Any, begin: Any, end: Any, step: Any = ()) -> None:
        """Writes a slice."""
        steps = tuple(step) or (None,) * len(begin)
        self[tuple(slice(b, e, s) for b, e, s in zip(begin, end, steps, strict=True))] = value

    # Shape

    def reshape(self, *shape: Any, reverse: bool = False, **named: Any) -> NDArray:
        """A view in another shape, by MXNet's codes."""
        wanted = named.get("shape", shape[0] if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape)
        try:
            resolved = reshape_shape([int(d) for d in wanted], self.shape, reverse)
        except (ValueError, IndexError) as error:
            raise MXNetError(f"cannot reshape array of size {self.size} into shape {tuple(wanted)}: {error}") from None
        made = self._data.reshape(resolved)
        shared = np.shares_memory(made, self._data)
        return NDArray(made, self._storage) if shared else NDArray(made)

    def reshape_like(self, other: NDArray, **params: Any) -> NDArray:
        """A view in another array's shape."""
        made: NDArray = apply("reshape_like", [self, other], params) if params else self.reshape(other.shape)
        return made

    def transpose(self, *axes: Any) -> NDArray:
        """Dimensions in another order, copied."""
        order = axes[0] if len(axes) == 1 and isinstance(axes[0], (tuple, list)) else axes
        made: NDArray = apply("transpose", [self], {"axes": tuple(order)} if order else {})
        return made

    def broadcast_to(self, shape: Any) -> NDArray:
        """Broadcast to a shape."""
        made: NDArray = apply("broadcast_to", [self], {"shape": tuple(shape)})
        return made

    def backward(self, *args: Any, **kwargs: Any) -> None:
        """Refused: inference only."""
        from offboard import rules
        from offboard.errors import InferenceOnlyError

        raise InferenceOnlyError(rules.text("inference_only_cpu", operation="backward"))

    # Arithmetic

    def _combine(self, other: Any, broadcasting: str, scalar: str) -> NDArray:
        if isinstance(other, NDArray):
            made: NDArray = apply(broadcasting, [self, other], {})
        elif isinstance(other, np.ndarray) and other.ndim:
            made = apply(broadcasting, [self, NDArray(other.astype(self._data.dtype))], {})
        else:
            whole = isinstance(other, (bool, int, np.integer, np.bool_))
            made = apply(scalar, [self], {"scalar": other, "is_int": whole})
        return made

    def _in_place(self, value: NDArray) -> NDArray:
        self[:] = value
        return self

    def __add__(self, other: Any) -> NDArray:
        return self._combine(other, "broadcast_add", "_plus_scalar")

    __radd__ = __add__

    def __iadd__(self, other: Any) -> NDArray:
        return self._in_place(self + other)

    def __sub__(self, other: Any) -> NDArray:
        return self._combine(other, "broadcast_sub", "_minus_scalar")

    def __rsub__(self, other: Any) -> NDArray:
        return self._combine(other, "broadcast_sub", "_rminus_scalar")

    def __isub__(self, other: Any) -> NDArray:
        return self._in_place(self - other)

    def __mul__(self, other: Any) -> NDArray:
        return self._combine(other, "broadcast_mul", "_mul_scalar")

    __rmul__ = __mul__

    def __imul__(self, other: Any) -> NDArray:
        return self._in_place(self * other)

    def __truediv__(self, other: Any) -> NDArray:
        return self._combine(other, "broadcast_div", "_div_scalar")

    def __rtruediv__(self, other: Any) -> NDArray:
        return self._combine(other, "broadcast_div", "_rdiv_scalar")

    def __itruediv__(self, other: Any) -> NDArray:
        return self._in_place(self / other)

    def __mod__(self, other: Any) -> NDArray:
        return self._combine(other, "broadcast_mod", "_mod_scalar")

    def __rmod__(self, other: Any) -> NDArray:
        return self._combine(other, "broadcast_mod", "_rmod_scalar")

    def __pow__(self, other: Any) -> NDArray:
        return self._combine(other, "broadcast_power", "_power_scalar")

    def __rpow__(self, other: Any) -> NDArray:
        return self._combine(other, "broadcast_power", "_rpower_scalar")

    def __neg__(self) -> NDArray:
        made: NDArray = apply("negative", [self], {})
        return made

    def __abs__(self) -> NDArray:
        made: NDArray = apply("abs", [self], {})
        return made

    def __eq__(self, other: object) -> Any:
        return False if other is None else self._combine(other, "broadcast_equal", "_equal_scalar")

    def __ne__(self, other: object) -> Any:
        return True if other is None else self._combine(other, "broadcast_not_equal", "_not_equal_scalar")

    def __lt__(self, other: Any) -> NDArray:
        return self._combine(other, "broadcast_lesser", "_lesser_scalar")

    def __le__(self, other: Any) -> NDArray:
        return self._combine(other, "broadcast_lesser_equal", "_lesser_equal_scalar")

    def __gt__(self, other: Any) -> NDArray:
        return self._combine(other, "broadcast_greater", "_greater_scalar")

    def __ge__(self, other: Any) -> NDArray:
        return self._combine(other, "broadcast_greater_equal", "_greater_equal_scalar")

    def __getattr__(self, name: str) -> Any:
        """Every operator of one array is a method: ``x.softmax(axis=1)``."""
        if name.startswith("_") or table.resolve(name) is None:
            raise AttributeError(f"'NDArray' object has no attribute '{name}'")
        function = getattr(sys.modules["offboard.mxnet.ndarray"], name)
        return lambda *args, **kwargs: function(self, *args, **kwargs)


def _plain_key(key: Any) -> Any:
    if isinstance(key, tuple):
        return tuple(_plain_key(each) for each in key)
    if isinstance(key, NDArray):
        return key._data.astype(np.int64) if key._data.dtype.kind == "f" else key._data
    if isinstance(key, np.integer):
        return int(key)
    return key


def _is_leading(key: Any) -> bool:
    """Whether a key picks a contiguous block of leading axes, of which MXNet makes views."""
    keys = key if isinstance(key, tuple) else (key,)
    return all(isinstance(k, int) or (isinstance(k, slice) and k.step in (None, 1)) or k is Ellipsis for k in keys)
