"""Random operators: drawn by the instance, from the generator that ``mx.random.seed`` starts.

A seed gives the numbers that it gives on MXNet's CPU (``draws``, ``distributions``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from offboard.errors import MXNetError
from offboard.operators import custom, distributions
from offboard.operators.builder import INT64, Dtype, Shape, Value
from offboard.operators.conversion import named_type
from offboard.operators.creation import open_shape, resolved_shape
from offboard.operators.draws import DRAWING, below, fractions, generator, words
from offboard.operators.elementwise import expect_float
from offboard.operators.record import Kernel, Lower, Params, PartialShape, operator

__all__ = ["REASON", "drawn_here"]

REASON = "its numbers come from the generator that mx.random.seed starts, which is the instance's"

Array: TypeAlias = npt.NDArray[Any]
# So many samples for a dtype, given the distribution's parameters, an array each.
Sampler: TypeAlias = Callable[..., Array]
Draw: TypeAlias = Callable[[Params, Sequence[Array]], Sequence[Array]]


def drawn_here(draw: Draw, lower: Lower) -> Kernel:
    """The kernel of a random operator: ``draw`` makes its outputs from its inputs, ``lower`` says their shapes."""

    def open_(p: Params, inputs: Sequence[Array]) -> custom.Run:
        with _refusals(p):
            lower(p, *(p.graph.value(p.graph.fresh("in"), each.shape, each.dtype) for each in inputs))

        def run(arrays: Sequence[Array], is_train: bool) -> list[Array]:
            with _refusals(p), DRAWING:
                return list(draw(p, arrays))

        return run

    return Kernel(REASON, open_)


@contextmanager
def _refusals(p: Params) -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise MXNetError(f"Error in operator {p.operator}: {error}") from error


# By distribution: the sampler; the parameters' names in operators that take numbers, and in those that take arrays; and
# what is asked of the parameters.
_DISTRIBUTIONS: Mapping[str, tuple[Sampler, tuple[str, ...], tuple[str, ...], Callable[..., str | None]]] = {
    "uniform": (
        distributions.uniform,
        ("low", "high"),
        ("low", "high"),
        lambda low, high: None if np.all(high >= low) else "low must be less or equal to high in uniform distribution",
    ),
    "normal": (
        distributions.normal,
        ("loc", "scale"),
        ("mu", "sigma"),
        lambda loc, scale: None if np.all(scale > 0) else "scale parameter in gaussian has to be positive",
    ),
    "exponential": (
        distributions.exponential,
        ("lam",),
        ("lam",),
        lambda lam: None if np.all(lam > 0) else "lambda parameter in exponential distribution has to be positive",
    ),
    "gamma": (
        distributions.gamma,
        ("alpha", "beta"),
        ("alpha", "beta"),
        lambda alpha, beta: _positive({"alpha": alpha, "beta": beta}, "gamma"),
    ),
    "poisson": (
        distributions.poisson,
        ("lam",),
        ("lam",),
        lambda lam: None if np.all(lam >= 0) else "lambda parameter in poisson distribution has to be non-negative",
    ),
    "negative_binomial": (
        distributions.negative_binomial,
        ("k", "p"),
        ("k", "p"),
        lambda k, p: _not_negative({"k": k, "p": p}, "negative binomial"),
    ),
    "generalized_negative_binomial": (
        distributions.generalized_negative_binomial,
        ("mu", "alpha"),
        ("mu", "alpha"),
        lambda mu, alpha: _not_negative({"mu": mu, "alpha": alpha}, "generalized negative binomial"),
    ),
}


def _positive(parameters: Mapping[str, Any], distribution: str) -> str | None:
    for name, value in parameters.items():
        if not np.all(value > 0):
            return f"{name} parameter in {distribution} distribution has to be positive"
    return None


def _not_negative(parameters: Mapping[str, Any], distribution: str) -> str | None:
    for name, value in parameters.items():
        if not np.all(value >= 0):
            return f"{name} parameter in {distribution} distribution has to be non-negative"
    return None


def _sampled(distribution: str, shape: Shape, parameters: Sequence[Any], dtype: Dtype) -> Array:
    sample, _, _, complaint = _DISTRIBUTIONS[distribution]
    text = complaint(*parameters)
    if text is not None:
        raise ValueError(text)
    size = int(np.prod(shape, dtype=np.int64))
    spread = [np.broadcast_to(np.asarray(each, _held(each)), shape).reshape(-1) for each in parameters]
    with np.errstate(all="ignore"):
        made = sample(size, dtype, *spread)
        if any(isinstance(each, np.ndarray) and each.dtype == np.float16 for each in parameters):
            made = made.astype(np.float16)
        return made.astype(dtype).reshape(shape)


def _held(parameter: Any) -> Dtype:
    """What MXNet keeps a parameter in: numbers and half precision in float32."""
    wide = isinstance(parameter, np.ndarray) and parameter.dtype == np.float64
    return np.dtype(np.float64 if wide else np.float32)


def _dtype(p: Params, otherwise: str = "float32") -> Dtype:
    return named_type(otherwise if p.dtype in (None, "None") else p.dtype)


def _numbers(distribution: str) -> Draw:
    names = _DISTRIBUTIONS[distribution][1]
    return lambda p, inputs: [_sampled(distribution, resolved_shape(p), [p.values[name] for name in names], _dtype(p))]


def _alike(distribution: str) -> Draw:
    names = _DISTRIBUTIONS[distribution][1]
    return lambda p, inputs: [
        _sampled(distribution, inputs[0].shape, [p.values[name] for name in names], inputs[0].dtype)
    ]


def _arrays(distribution: str) -> Draw:
    def draw(p: Params, inputs: Sequence[Array]) -> Sequence[Array]:
        shape = inputs[0].shape + tuple(p.shape or ())
        beside = inputs[0].shape + (1,) * len(p.shape or ())
        spread = [np.broadcast_to(each.reshape(beside), shape) for each in inputs]
        return [_sampled(distribution, shape, spread, _dtype(p))]

    return draw


def _without_inputs(p: Params) -> Value:
    """Samples of a distribution by numbers."""
    g = p.graph
    return g.value(g.fresh("drawn"), resolved_shape(p), _dtype(p))


def _like_data(p: Params, x: Value) -> Value:
    """Samples in the shape and dtype of an array, which must be of floats."""
    expect_float(x)
    return p.graph.value(p.graph.fresh("drawn"), x.shape, x.dtype)


def _for_each(p: Params, *parameters: Value) -> Value:
    """Samples for each of the parameters in arrays, along new last dimensions."""
    if any(each.dtype != parameters[0].dtype for each in parameters):
        raise ValueError(f"Type inconsistent: parameters of a distribution are {[str(e.dtype) for e in parameters]}")
    if any(each.shape != parameters[0].shape for each in parameters):
        shapes = ", ".join(str(list(each.shape)) for each in parameters)
        raise ValueError(f"Shape inconsistent: parameters of a distribution have the shapes {shapes}")
    shape = parameters[0].shape + tuple(p.shape or ())
    if 0 in (p.shape or ()):
        raise ValueError("shape parameter must be non-zero within each dimension")
    return p.graph.value(p.graph.fresh("drawn"), shape, _dtype(p))


def _same_shapes(p: Params, inputs: list[PartialShape]) -> Sequence[PartialShape]:
    known = [shape for shape in inputs if shape is not None]
    if not known or any(len(shape) != len(known[0]) for shape in known):
        return inputs
    return [tuple(max(sizes) for sizes in zip(*known, strict=True))] * len(inputs)


def _leading(p: Params, inputs: list[PartialShape], wanted: PartialShape) -> Sequence[PartialShape]:
    """Parameters have the output's shape without what is drawn of each."""
    extra = len(p.shape or ())
    if wanted is None or len(wanted) <= extra:
        return inputs
    lead = wanted[: len(wanted) - extra]
    return [lead if shape is None else shape for shape in inputs]


def _parameter_types(p: Params, dtypes: list[Dtype | None]) -> tuple[Sequence[Dtype | None], Sequence[Dtype | None]]:
    first = next((dtype for dtype in dtypes if dtype is not None), None)
    return [first] * len(dtypes), [_dtype(p)]


for _name in _DISTRIBUTIONS:
    operator(
        f"_random_{_name}",
        partial=open_shape,
        types=lambda p, dtypes: (dtypes, [_dtype(p)]),
        kernel=drawn_here(_numbers(_name), _without_inputs),
    )(_without_inputs)
    operator(f"_random_{_name}_like", same_shape=True, kernel=drawn_here(_alike(_name), _like_data))(_like_data)
    operator(
        f"_sample_{_name}",
        fill=_same_shapes,
        types=_parameter_types,
        kernel=drawn_here(_arrays(_name), _for_each),
        numbers=True,
    )(_for_each)


def _integer_type(p: Params) -> Dtype:
    return _dtype(p, "int32")


def _integers(p: Params, inputs: Sequence[Array]) -> Sequence[Array]:
    if p.low >= p.high:
        raise ValueError("low must be less than high")
    shape = resolved_shape(p)
    drawn = distributions.integers(int(np.prod(shape, dtype=np.int64)), p.low, p.high)
    return [drawn.astype(_integer_type(p)).reshape(shape)]


def randint(p: Params) -> Value:
    """Whole numbers from low to below high."""
    return p.graph.value(p.graph.fresh("drawn"), resolved_shape(p), _integer_type(p))


operator(
    "_random_randint",
    partial=open_shape,
    types=lambda p, dtypes: (dtypes, [_integer_type(p)]),
    kernel=drawn_here(_integers, randint),
)(randint)


def _chosen(p: Params, inputs: Sequence[Array]) -> Sequence[Array]:
    data = inputs[0]
    rows = data.reshape(-1, data.shape[-1])
    count = int(np.prod(p.shape or (), dtype=np.int64))
    wanted = fractions(words(len(rows) * count)).reshape(len(rows), count).astype(data.dtype)
    sums = np.cumsum(rows, axis=1, dtype=data.dtype)
    # Probabilities that do not add up to 1 leave the rest to the last index.
    found = np.minimum((sums[:, None, :] <= wanted[:, :, None]).sum(axis=2), rows.shape[1] - 1)
    shape = _chosen_shape(p, data.shape)
    made = [found.reshape(shape).astype(named_type(p.dtype))]
    if p.get_prob:
        with np.errstate(divide="ignore", invalid="ignore"):
            # MXNet takes the logarithm of a float32, whatever the dtype.
            chances = np.take_along_axis(rows, found, axis=1).astype(np.float32)
            made.append(np.log(chances).reshape(shape).astype(data.dtype))
    return made


def _chosen_shape(p: Params, shape: Shape) -> Shape:
    return (shape[:-1] + tuple(p.shape or ())) or (1,)


def multinomial(p: Params, data: Value) -> list[Value]:
    """Indices drawn by the probabilities in the last axis, with ``get_prob`` their logarithms too."""
    expect_float(data)
    if not data.ndim:
        raise ValueError("probabilities need an axis")
    shape = _chosen_shape(p, data.shape)
    g = p.graph
    kinds = [named_type(p.dtype), data.dtype][: p.num_outputs]
    return [g.value(g.fresh("drawn"), shape, kind) for kind in kinds]


operator(
    "_sample_multinomial",
    types=lambda p, dtypes: (dtypes, [named_type(p.dtype), dtypes[0]][: p.num_outputs]),
    kernel=drawn_here(_chosen, multinomial),
)(multinomial)


def _unique(p: Params, inputs: Sequence[Array]) -> Sequence[Array]:
    rows, count = _unique_shape(p)
    samples, tries = np.empty((rows, count), np.int64), np.zeros(rows, np.int64)
    for row in range(rows):
        seen: dict[int, None] = {}
        while len(seen) < count:
            value = round(float(np.exp(generator().uniform() * np.log(p.range_max)))) - 1
            seen.setdefault(value)
            tries[row] += 1
        samples[row] = list(seen)
    return [samples, tries]


def _unique_shape(p: Params) -> tuple[int, int]:
    if p.shape is None or len(p.shape) != 2 or 0 in p.shape:
        raise ValueError(f"shape {p.shape} must be 2 numbers: the rows, and the samples of each")
    if p.shape[1] > p.range_max:
        raise ValueError("Number of samples cannot exceed the number of possible classes")
    return p.shape[0], p.shape[1]


def unique_zipfian(p: Params) -> list[Value]:
    """Rows of different classes, small ones more often (log-uniform), and how many draws each row took."""
    rows, count = _unique_shape(p)
    g = p.graph
    return [g.value(g.fresh("drawn"), shape, INT64) for shape in ((rows, count), (rows,))]


operator(
    "_sample_unique_zipfian",
    types=lambda p, dtypes: (dtypes, [INT64, INT64]),
    kernel=drawn_here(_unique, unique_zipfian),
)(unique_zipfian)


def shuffle(p: Params, x: Value) -> Value:
    """What lies along the first axis, in random order."""
    return p.graph.value(p.graph.fresh("drawn"), x.shape, x.dtype)


def _shuffled(p: Params, inputs: Sequence[Array]) -> Sequence[Array]:
    """Each place changes with one before it, in MXNet from the first on, with more dimensions from the last on."""
    if not inputs[0].ndim:
        raise ValueError("a number has no axis to shuffle along")
    count = len(inputs[0])
    places = np.arange(1, count)
    if inputs[0].ndim > 1:
        places = places[::-1]
    order = list(range(count))
    for place, other in zip(places.tolist(), below(places + 1).tolist(), strict=True):
        order[place], order[other] = order[other], order[place]
    return [inputs[0][order]]


operator("_shuffle", same_shape=True, kernel=drawn_here(_shuffled, shuffle))(shuffle)
