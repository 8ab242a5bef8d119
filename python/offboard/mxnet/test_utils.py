"""What scripts and their tests use of ``mx.test_utils``: comparison, random arrays, forward checks, downloads."""

from __future__ import annotations

import json
import os
import shutil
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

from offboard.mxnet import ndarray as nd
from offboard.mxnet.comparison import (
    almost_equal,
    assert_allclose,
    assert_almost_equal,
    assert_almost_equal_ignore_nan,
    assert_almost_equal_with_err,
    assert_exception,
    default_atols,
    default_rtols,
    effective_dtype,
    get_atol,
    get_etol,
    get_rtol,
    same,
    same_array,
)
from offboard.mxnet.context import Context, current_context
from offboard.mxnet.ndarray.ndarray import NDArray
from offboard.mxnet.symbol.symbol import Symbol

__all__ = [
    "almost_equal", "assert_allclose", "assert_almost_equal", "assert_almost_equal_ignore_nan",
    "assert_almost_equal_with_err", "assert_exception", "check_speed", "check_symbolic_forward", "default_atols",
    "default_context", "default_dtype", "default_rtols", "download", "effective_dtype", "environment", "get_atol",
    "get_etol", "get_rtol", "list_gpus", "rand_coord_2d", "rand_ndarray", "rand_shape_2d", "rand_shape_3d",
    "rand_shape_nd", "rand_sparse_ndarray", "random_arrays", "random_sample", "same", "same_array",
    "same_symbol_structure", "set_default_context", "simple_forward",
]  # fmt: skip


def default_context() -> Context:
    """The current context."""
    return current_context()


def set_default_context(ctx: Context) -> None:
    """Makes a context the current one of this thread."""
    Context._default.value = ctx


def default_dtype() -> type:
    """float32."""
    return np.float32


def list_gpus() -> Sequence[int]:
    """There are none."""
    return range(0)


@contextmanager
def environment(*args: Any) -> Iterator[None]:
    """A scope with an environment variable (name, value), or several of a mapping; None takes one away."""
    wanted: Mapping[str, str | None] = args[0] if len(args) == 1 else {args[0]: args[1]}
    former = {name: os.environ.get(name) for name in wanted}
    _set_variables(wanted)
    try:
        yield
    finally:
        _set_variables(former)


def _set_variables(values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def random_arrays(*shapes: tuple[int, ...]) -> Any:
    """NumPy arrays of normal numbers, float32; one comes without its list, and of shape () a plain number."""
    made: list[Any] = [np.asarray(np.random.randn(*shape), np.float32) for shape in shapes]
    return made[0] if len(made) == 1 else made


def random_sample(population: Sequence[Any], k: int) -> list[Any]:
    """``k`` members, in the order in which they stand."""
    assert 0 <= k <= len(population)
    return [population[index] for index in sorted(np.random.permutation(len(population))[:k])]


def rand_shape_2d(dim0: int = 10, dim1: int = 10, allow_zero_size: bool = False) -> tuple[int, int]:
    """A random shape up to the dimensions given."""
    low = 0 if allow_zero_size else 1
    return int(np.random.randint(low, dim0 + 1)), int(np.random.randint(low, dim1 + 1))


def rand_shape_3d(
    dim0: int = 10, dim1: int = 10, dim2: int = 10, allow_zero_size: bool = False
) -> tuple[int, int, int]:
    """A random shape up to the dimensions given."""
    low = 0 if allow_zero_size else 1
    return (*rand_shape_2d(dim0, dim1, allow_zero_size), int(np.random.randint(low, dim2 + 1)))


def rand_shape_nd(num_dim: int, dim: int = 10, allow_zero_size: bool = False) -> tuple[int, ...]:
    """A random shape of a number of dimensions."""
    return tuple(int(each) for each in np.random.randint(0 if allow_zero_size else 1, dim + 1, size=num_dim))


def rand_coord_2d(x_low: int, x_high: int, y_low: int, y_high: int) -> tuple[int, int]:
    """A random place."""
    return int(np.random.randint(x_low, x_high)), int(np.random.randint(y_low, y_high))


def rand_ndarray(
    shape: tuple[int, ...],
    stype: str = "default",
    density: float | None = None,
    dtype: Any = None,
    modifier_func: Any = None,
    shuffle_csr_indices: bool = False,
    distribution: str | None = None,
    ctx: Context | None = None,
) -> NDArray:
    """An array of random numbers; of ``row_sparse`` or ``csr`` a share ``density`` is there."""
    if stype == "default":
        return nd.array(random_arrays(shape), ctx, dtype)
    made: NDArray = rand_sparse_ndarray(shape, stype, density, dtype, modifier_func=modifier_func, ctx=ctx)[0]
    return made


def rand_sparse_ndarray(
    shape: tuple[int, ...],
    stype: str,
    density: float | None = None,
    dtype: Any = None,
    distribution: str | None = None,
    data_init: float | None = None,
    rsp_indices: Any = None,
    modifier_func: Any = None,
    shuffle_csr_indices: bool = False,
    ctx: Context | None = None,
) -> tuple[Any, tuple[npt.NDArray[Any], ...]]:
    """(a ``row_sparse`` or ``csr`` array, what it is made of as NumPy arrays), spread evenly."""
    share = np.random.rand() if density is None else density
    values = np.random.uniform(0.1, 1, shape) if data_init is None else np.full(shape, data_init, np.float64)
    if modifier_func is not None:
        values = np.vectorize(modifier_func)(values)
    kept = np.random.rand(*(shape[:1] if stype == "row_sparse" else shape)) < share
    if rsp_indices is not None:
        kept = np.isin(np.arange(shape[0]), rsp_indices)
    dense = values * kept.reshape(kept.shape + (1,) * (len(shape) - kept.ndim))
    made = nd.array(dense, ctx, dtype or np.float32).tostype(stype)
    if stype == "row_sparse":
        return made, (made.data.asnumpy(), made.indices.asnumpy())
    return made, (made.indptr.asnumpy(), made.indices.asnumpy(), made.data.asnumpy())


def simple_forward(sym: Symbol, ctx: Context | None = None, is_train: bool = False, **inputs: Any) -> Any:
    """A symbol's outputs for inputs as NumPy arrays; one comes without its list."""
    arrays = {name: nd.array(value) for name, value in inputs.items()}
    made = [each.asnumpy() for each in sym.bind(ctx or default_context(), arrays).forward(is_train=is_train)]
    return made[0] if len(made) == 1 else made


def check_symbolic_forward(
    sym: Symbol,
    location: Any,
    expected: Any,
    rtol: Any = None,
    atol: Any = None,
    aux_states: Any = None,
    ctx: Context | None = None,
    equal_nan: bool = False,
    dtype: Any = np.float32,
) -> list[NDArray]:
    """A symbol's outputs for inputs (by name or in order); raises AssertionError unless they are as expected."""

    def named(values: Any, names: list[str]) -> dict[str, NDArray]:
        pairs = values.items() if isinstance(values, Mapping) else zip(names, values, strict=True)
        return {
            name: nd.array(value, dtype=np.asarray(value).dtype if dtype == "asnumpy" else dtype)
            for name, value in pairs
        }

    wanted = [expected[name] for name in sym.list_outputs()] if isinstance(expected, Mapping) else expected
    auxiliary = named(aux_states or {}, sym.list_auxiliary_states())
    executor = sym.bind(ctx or default_context(), named(location, sym.list_arguments()), aux_states=auxiliary)
    outputs = executor.forward(is_train=False)
    for name, value, output in zip(sym.list_outputs(), wanted, outputs, strict=True):
        assert_almost_equal(value, output, rtol, atol, (f"EXPECTED_{name}", f"FORWARD_{name}"), equal_nan)
    return outputs


def check_speed(
    sym: Symbol,
    location: Mapping[str, npt.NDArray[Any]] | None = None,
    ctx: Context | None = None,
    N: int = 20,
    grad_req: Any = None,
    typ: str = "forward",
    **kwargs: Any,
) -> float:
    """Seconds of one forward, of the mean of ``N``; ``typ='whole'`` would train, and is refused."""
    if typ != "forward":
        raise ValueError('typ can only be "forward": inference only')
    shapes = kwargs if location is None else {name: value.shape for name, value in location.items()}
    executor = sym.simple_bind(ctx or default_context(), grad_req="null", **shapes)
    for name, array in executor.arg_dict.items():
        array[:] = np.random.normal(size=array.shape) if location is None else location.get(name, array)
    executor.forward(is_train=False)
    begin = time.monotonic()
    for _ in range(N):
        executor.forward(is_train=False)
    return (time.monotonic() - begin) / N


def same_symbol_structure(sym1: Symbol, sym2: Symbol) -> bool:
    """Whether two symbols have the same operators in the same order."""
    one, other = ([node["op"] for node in json.loads(each.tojson())["nodes"]] for each in (sym1, sym2))
    return one == other


def download(
    url: str, fname: str | None = None, dirname: str | None = None, overwrite: bool = False, retries: int = 5
) -> str:
    """The path of a file: an existing one is returned, else it is downloaded.

    It is named by the last part of the URL, with its query as MXNet does; one without it is found too.
    """
    names = [fname] if fname else [url.rsplit("/", 1)[-1], os.path.basename(urllib.parse.urlsplit(url).path)]
    if dirname is not None:
        os.makedirs(dirname, exist_ok=True)
    paths = [os.path.join(dirname or "", name) for name in names]
    for found in paths:
        if os.path.exists(found) and not overwrite:
            return found
    path = paths[0]
    failure: OSError | None = None
    for _ in range(max(retries, 1)):
        draft = f"{path}.part"
        try:
            with urllib.request.urlopen(url, timeout=60) as answer, open(draft, "wb") as file:
                shutil.copyfileobj(answer, file)
            os.replace(draft, path)
            return path
        except OSError as error:
            failure = error
    raise OSError(f"{url} cannot be downloaded ({failure}); put the file at {path}") from failure
