"""NDArray: MXNet's array over NumPy memory, with views that write through and a version that counts writes."""

from __future__ import annotations

import itertools
import math
from collections.abc import Hashable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import ml_dtypes
import numpy as np
import numpy.typing as npt

from offboard.errors import MXNetError
from offboard.mxnet import autograd
from offboard.mxnet.context import Context, cpu, require_array_home
from offboard.mxnet.ndarray import indexing
from offboard.mxnet.ndarray.arithmetic import Arithmetic
from offboard.operators import table
from offboard.operators.shaping import reshape_shape
from offboard.runtime.imperative import invoke

__all__ = ["NDArray", "Storage", "apply", "computed", "elsewhere", "resolve_dtype"]

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
    results = invoke(operator, [each._data for each in inputs], attrs, is_train=autograd.is_training())
    home = computed(inputs[0]) if inputs else None
    made = [NDArray(array, home=home) for array in results]
    if out is not None:
        targets = out if isinstance(out, (list, tuple)) else [out]
        for number, (target, value) in enumerate(zip(targets, made, strict=False)):
            _require_room(operator, number, target, value, "dtype" in table.find(operator).parameters)
            target[:] = value
        return out
    return made[0] if len(made) == 1 else made


def _require_room(operator: str, number: int, target: NDArray, value: NDArray, converts: bool) -> None:
    """Raises MXNetError unless ``out`` has the shape and, but where a parameter tells the dtype, the dtype made."""
    for kind, had, wanted in (("shape", target.shape, value.shape), ("dtype", target._data.dtype, value._data.dtype)):
        if had != wanted and not (kind == "dtype" and converts):
            raise MXNetError(
                f"Error in operator {operator}: Incompatible attr in node  at {number}-th output: "
                f"expected {wanted}, got {had} as the {kind} of out"
            )


def computed(array: NDArray) -> Context | None:
    """Where results of an array are: on its context, but for kinds of memory that only hold arrays."""
    return array._home if array._home is not None and array._home.device_type == "cpu" else None


def elsewhere(context: Context) -> Context | None:
    """A context of the CPU as arrays keep it: None for the first one."""
    return None if context == cpu() else Context(context)


class NDArray(Arithmetic):
    """An array on the CPU. Basic slices whose elements lie together are views; ``asnumpy`` copies."""

    __slots__ = ("__weakref__", "_data", "_home", "_storage")
    __array_priority__ = 1000.0

    def __init__(self, data: npt.NDArray[Any], storage: Storage | None = None, *, home: Context | None = None) -> None:
        self._data = data
        self._storage = Storage() if storage is None else storage
        # Which of the CPU's contexts it is on, where that is not the first one.
        self._home = home

    if TYPE_CHECKING:
        # Operators are methods, which ndarray.methods adds.
        def __getattr__(self, name: str) -> Any: ...

    # What it is

    @property
    def shape(self) -> tuple[int, ...]:
        """Dimensions."""
        return self._data.shape

    @property
    def dtype(self) -> Any:
        """The NumPy scalar type."""
        made = self._data.dtype.type
        # ONNX Runtime makes C's long long, which is another scalar type of the same numbers.
        return np.int64 if made is np.longlong else made

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
        """One of the CPU's contexts: arrays live there."""
        return cpu() if self._home is None else self._home

    ctx = context

    @property
    def stype(self) -> str:
        """How elements are stored: ``default`` is dense."""
        return "default"

    @property
    def writable(self) -> bool:
        """Whether elements may be written."""
        return bool(self._data.flags.writeable)

    @property
    def grad(self) -> None:
        """No gradients are kept."""
        return

    @property
    def T(self) -> NDArray:
        """The dimensions reversed; an array of one dimension is itself."""
        made: NDArray = self if self.ndim < 2 else apply("transpose", [self], {})
        return made

    def version_token(self) -> Hashable | None:
        """Changes when the content did; None when nobody can tell."""
        storage = self._storage
        return None if storage.foreign else (storage.serial, storage.version)

    def __repr__(self) -> str:
        shape = "x".join(str(d) for d in self.shape)
        return f"\n{self._data!s}\n<{type(self).__name__} {shape} @{self.context}>"

    def __len__(self) -> int:
        return self.shape[0]

    def __iter__(self) -> Iterator[NDArray]:
        return (self[index] for index in range(len(self)))

    def __bool__(self) -> bool:
        if self.size > 1:
            raise ValueError("The truth value of an NDArray with multiple elements is ambiguous.")
        return bool(self.size and self._data.reshape(-1)[0])

    def __float__(self) -> float:
        return float(self._number())

    def __int__(self) -> int:
        return int(self._number())

    def __index__(self) -> int:
        return int(self._number())

    def _number(self) -> Any:
        if self.size != 1:
            raise TypeError(f"only arrays of one element are numbers, not one of shape {self.shape}")
        return self.asscalar()

    def __reduce__(self) -> tuple[Any, ...]:
        return NDArray, (self.asnumpy(),)

    def __deepcopy__(self, memo: Any) -> NDArray:
        return NDArray(self._data.copy())

    # To NumPy and back

    def asnumpy(self) -> npt.NDArray[Any]:
        """A copy."""
        return self._data.copy()

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> npt.NDArray[Any]:
        return np.array(self._data, dtype)

    def __dlpack__(self, **kwargs: Any) -> Any:
        return self._data.__dlpack__(**kwargs)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self._data.__dlpack_device__()

    def to_dlpack_for_read(self) -> Any:
        """A DLPack capsule over the same memory."""
        return self._data.__dlpack__()

    def to_dlpack_for_write(self) -> Any:
        """A DLPack capsule over the same memory; from then on others may write to it unseen."""
        self._storage.foreign = True
        # What NumPy 2.1 marks with a version may be written to by whoever takes it.
        marks = np.lib.NumpyVersion(np.__version__) >= "2.1.0"
        return self._data.__dlpack__(max_version=(1, 0)) if marks else self._data.__dlpack__()

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
        made._home = self._home
        return made

    def copy(self) -> NDArray:
        """An array of its own memory."""
        return NDArray(self._data.copy(), home=self._home)

    def copyto(self, other: NDArray | Context) -> Any:
        """Copies into another array, converting, or to a new one on a context; into itself gives False."""
        if isinstance(other, Context):
            require_array_home(other)
            made = self.copy()
            made._home = elsewhere(other)
            return made
        if not isinstance(other, NDArray):
            raise TypeError(f"copyto does not support type {type(other)}")
        if other is self:
            return False
        if other.shape != self.shape:
            raise MXNetError(f"Incompatible attr in node  at 0-th output: expected {self.shape}, got {other.shape}")
        other[:] = self
        return other

    def as_in_context(self, context: Context) -> NDArray:
        """Itself, or a copy on another of the CPU's contexts."""
        if not isinstance(context, Context):
            raise TypeError(f"copyto does not support type {type(context)}")
        if context == self.context:
            return self
        made: NDArray = self.copyto(context)
        return made

    as_in_ctx = as_in_context

    def as_nd_ndarray(self) -> NDArray:
        """Itself."""
        return self

    def as_np_ndarray(self) -> NDArray:
        """Refused: ``mx.np`` arrays are not there."""
        from offboard import rules

        raise MXNetError(rules.text("numpy_semantics"))

    def detach(self) -> NDArray:
        """A view without gradient."""
        return NDArray(self._data, self._storage, home=self._home)

    def attach_grad(self, grad_req: str = "write", stype: str | None = None) -> None:
        """No gradients are kept: nothing to do until ``backward`` refuses."""

    def tostype(self, stype: str) -> NDArray:
        """The same elements in another storage: ``default``, ``row_sparse`` or ``csr``."""
        from offboard.mxnet.ndarray.sparse_storage import cast_storage

        made: NDArray = cast_storage(self, stype)
        return made

    # Indexing

    def __getitem__(self, key: Any) -> NDArray:
        made, view = indexing.pick(self._data, indexing.plain(key, _data_of))
        return NDArray(made, self._storage, home=self._home) if view else NDArray(made, home=computed(self))

    def __setitem__(self, key: Any, value: Any) -> None:
        if isinstance(value, NDArray):
            value = value._data
        elif not isinstance(value, (int, float, np.generic, np.ndarray, list, tuple)):
            raise TypeError(
                f"{type(self)} does not support assignment with non-array-like object {value} of type {type(value)}"
            )
        if not self._data.flags.writeable:
            raise ValueError("trying to assign to a readonly NDArray")
        # A key of True alone is the second row where it is read, and everything where it is written.
        indexing.place(self._data, indexing.plain(Ellipsis if key is True else key, _data_of), value)
        self._storage.version += 1

    def slice_assign(self, rhs: NDArray, begin: Any, end: Any, step: Any) -> NDArray:
        """Writes a slice, and gives the array."""
        steps = tuple(step) or (None,) * len(begin)
        self[tuple(slice(b, e, s) for b, e, s in zip(begin, end, steps, strict=True))] = rhs
        return self

    def slice_assign_scalar(self, value: float, begin: Any, end: Any, step: Any) -> NDArray:
        """Writes a number to a slice, and gives the array."""
        return self.slice_assign(np.float64(value), begin, end, step)  # type: ignore[arg-type]

    # Shape

    def _viewed(self, shape: tuple[int, ...]) -> NDArray:
        return NDArray(self._data.reshape(shape), self._storage, home=self._home)

    def reshape(self, *shape: Any, **kwargs: Any) -> NDArray:
        """A view in another shape, by MXNet's codes."""
        wanted = shape[0] if len(shape) == 1 and isinstance(shape[0], (tuple, list, np.ndarray)) else shape
        if not shape:
            wanted = kwargs.get("shape", ())
            wanted = (wanted,) if isinstance(wanted, (int, np.integer)) else wanted
            if not wanted:
                raise AssertionError("Shape must be provided.")
        unknown = [key for key in kwargs if key not in ("shape", "reverse")]
        if unknown:
            raise TypeError(
                f"Got unknown keywords in reshape: {', '.join(unknown)}. "
                "Accepted keyword arguments are 'shape' and 'reverse'."
            )
        asked = tuple(int(d) for d in wanted)
        size = math.prod(asked)
        if all(d > 0 for d in asked) and size < self.size:
            raise ValueError(f"Cannot reshape array of size {self.size} into shape {asked}")
        if all(d > 0 for d in asked) and size > self.size:
            raise MXNetError(
                f"NDArray.Reshape: Check failed: shape_.Size() >= shape.Size() ({self.size} vs. {size}) : target shape "
                "size is larger than the current shape"
            )
        if not asked:
            return self._viewed(())
        try:
            resolved = reshape_shape(list(asked), self.shape, bool(kwargs.get("reverse", False)))
            return self._viewed(resolved)
        except (ValueError, IndexError) as error:
            raise MXNetError(f"cannot reshape array of size {self.size} into shape {asked}: {error}") from None

    def expand_dims(self, axis: int, inplace: bool = False) -> NDArray:
        """A new dimension of size 1; ``inplace`` gives a view."""
        made: NDArray = apply("expand_dims", [self], {"axis": axis})
        return self._viewed(made.shape) if inplace else made

    def squeeze(self, axis: Any = None, inplace: bool = False) -> NDArray:
        """Without dimensions of size 1; ``inplace`` gives a view."""
        made: NDArray = apply("squeeze", [self], {} if axis is None else {"axis": axis})
        return self._viewed(made.shape) if inplace else made

    def flatten(self, inplace: bool = False) -> NDArray:
        """Two dimensions: the first, and all others as one; ``inplace`` gives a view."""
        made: NDArray = apply("Flatten", [self], {})
        return self._viewed(made.shape) if inplace else made

    def broadcast_to(self, shape: Any) -> NDArray:
        """Broadcast to a shape, which may have more dimensions, in front."""
        wanted = (int(shape),) if isinstance(shape, (int, np.integer)) else tuple(int(d) for d in shape)
        own = (1,) * (len(wanted) - self.ndim) + self.shape
        if len(own) != len(wanted) or any(o not in (1, w) for o, w in zip(own, wanted, strict=True)):
            raise ValueError(
                "operands could not be broadcast together with remapped shapes"
                f"[original->remapped]: {self.shape} and requested shape {wanted}"
            )
        made: NDArray = apply("broadcast_to", [self._viewed(own)], {"shape": wanted})
        return made

    def broadcast_like(self, other: NDArray) -> NDArray:
        """Broadcast to another array's shape."""
        return self.broadcast_to(other.shape)

    def __abs__(self) -> NDArray:
        made: NDArray = apply("abs", [self], {})
        return made

    def backward(self, *args: Any, **kwargs: Any) -> None:
        """Refused: inference only."""
        from offboard import rules
        from offboard.errors import InferenceOnlyError

        raise InferenceOnlyError(rules.text("inference_only_cpu", operation="backward"))


def _data_of(key: Any) -> npt.NDArray[Any] | None:
    return key._data if isinstance(key, NDArray) else None
