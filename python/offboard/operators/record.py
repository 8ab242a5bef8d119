"""One record an operator: the table's facts, how it becomes ONNX, and what it says of shapes and types.

A lowering is a function of the operator's parameters and its input values. It runs on abstract values for shape
inference, so it needs no shape function beside it; what it refuses (ValueError) is MXNet's shape error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from types import TracebackType
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from offboard import rules
from offboard.errors import MXNetError, UnsupportedOperatorError
from offboard.graph.node import Graph
from offboard.operators import custom, table
from offboard.operators.builder import BOOL, Builder, Dtype, Value
from offboard.operators.casts import BFLOAT16

__all__ = [
    "NOTHING",
    "Fill",
    "Kernel",
    "Lower",
    "Operator",
    "Params",
    "PartialShape",
    "find",
    "inconsistent",
    "operator",
    "registry",
    "supported",
]

# A shape of which dimensions (0) or everything (None) may be unknown.
PartialShape: TypeAlias = "tuple[int, ...] | None"
# In a partial shape, a dimension that is known to be 0.
NOTHING = -1


@dataclass(frozen=True)
class Params:
    """What a lowering knows besides its inputs: typed parameters as attributes, the builder, and the mode."""

    graph: Builder
    values: Mapping[str, Any]
    operator: str = ""
    is_train: bool = False
    num_outputs: int = 1
    # The shape that consumers ask of the first output, for creation operators with unknown dimensions.
    wanted: PartialShape = None
    # The graphs that a control-flow operator carries.
    subgraphs: tuple[Graph, ...] = ()

    def __getattr__(self, name: str) -> Any:
        try:
            return self.values[name]
        except KeyError:
            raise AttributeError(name) from None


Lower: TypeAlias = Callable[..., Value | Sequence[Value]]
# Given parameters and partial input shapes, better input shapes.
Fill: TypeAlias = Callable[[Any, list[PartialShape]], Sequence[PartialShape]]
# Given parameters, input shapes and the wanted first output shape, better input shapes.
Back: TypeAlias = Callable[[Any, list[PartialShape], PartialShape], Sequence[PartialShape]]
# Given parameters and input dtypes (None unknown), all input dtypes and all output dtypes.
Types: TypeAlias = Callable[[Any, list[Dtype | None]], tuple[Sequence[Dtype | None], Sequence[Dtype | None]]]


@dataclass(frozen=True)
class Kernel:
    """How the instance itself runs an operator that is not lowered, and why it is not."""

    reason: str
    # What runs it on arrays like these, given them and whether it is training.
    open: Callable[[Params, Sequence[npt.NDArray[Any]]], custom.Run]


@dataclass(frozen=True)
class Operator:
    """The record. With a ``kernel`` the lowering says shapes and dtypes only."""

    facts: table.Facts
    lower: Lower
    fill: Fill | None = None
    back: Back | None = None
    types: Types | None = None
    # Inputs and outputs all have one shape, so that knowing one is knowing all.
    same_shape: bool = False
    # What the parameters alone say of the first output's shape, for creation operators.
    partial: Callable[[Any], PartialShape] | None = None
    kernel: Kernel | None = None
    # The size of the outputs depends on the data: a graph is cut after such a node.
    dynamic: bool = False
    # Its first input must be of floats, or at least of numbers.
    floats: bool = False
    numbers: bool = False

    @property
    def name(self) -> str:
        """The canonical name."""
        return self.facts.name


# What a lowering raises for what it refuses.
_REFUSED = (ValueError, IndexError, TypeError, ArithmeticError, KeyError, AssertionError)

_RECORDS: dict[str, Operator] = {}

_FAMILIES = (
    "activation",
    "attention",
    "boxes",
    "broadcast",
    "calibration",
    "control_flow",
    "conversion",
    "convolution",
    "creation",
    "deformable",
    "densities",
    "ctc",
    "detection",
    "elementwise",
    "hawkes",
    "histogram",
    "image",
    "image_random",
    "indexing",
    "linear_algebra",
    "losses",
    "matching",
    "matrix",
    "normalization",
    "patches",
    "pooling",
    "proposals",
    "program_defined",
    "quantized",
    "quantized_products",
    "random",
    "recurrent",
    "reduction",
    "regions",
    "scalar",
    "scatter",
    "sequence",
    "shaping",
    "signal",
    "sorting",
    "spatial",
    "special",
)


def operator(
    *names: str,
    fill: Fill | None = None,
    back: Back | None = None,
    types: Types | None = None,
    same_shape: bool = False,
    partial: Callable[[Any], PartialShape] | None = None,
    kernel: Kernel | None = None,
    dynamic: bool = False,
    floats: bool = False,
    numbers: bool = False,
) -> Callable[[Lower], Lower]:
    """Registers the decorated lowering for the operators ``names``."""

    def register(lower: Lower) -> Lower:
        for name in names:
            facts = table.find(name)
            if facts.name in _RECORDS:
                raise ValueError(f"operator {facts.name} has two records")
            _RECORDS[facts.name] = Operator(
                facts, lower, fill, back, types, same_shape, partial, kernel, dynamic, floats, numbers
            )
        return lower

    return register


@cache
def registry() -> Mapping[str, Operator]:
    """All records by canonical name."""
    for family in _FAMILIES:
        import_module(f"offboard.operators.{family}")
    return _RECORDS


def supported(name: str) -> bool:
    """Whether an operator has a lowering."""
    return table.resolve(name) in registry()


def find(name: str) -> Operator:
    """The record of an operator; raises UnsupportedOperatorError, or MXNetError when MXNet has no such operator."""
    facts = table.find(name)
    record = registry().get(facts.name)
    if record is None:
        reason = "it trains, and inference does not" if facts.group == "optimizer" else "it has no lowering"
        raise UnsupportedOperatorError(rules.text("operator_not_supported", operator=facts.name, reason=reason))
    return record


def inconsistent(provided: Sequence[int], inferred: Sequence[int]) -> ValueError:
    """What a lowering raises for an input of another shape than it must have, in MXNet's words."""
    given, wanted = (",".join(str(d) for d in shape) for shape in (provided, inferred))
    return ValueError(f"Shape inconsistent, Provided = [{given}], inferred shape=({wanted})")


class Refusals:
    """Whatever a record's function refuses in this scope becomes an MXNetError that names the operator."""

    __slots__ = ("_inputs", "_params", "_record", "_state")

    # A class, for a generator costs several times as much and every node of a graph passes here.
    def __init__(self, record: Operator, params: Params, inputs: Sequence[PartialShape | Dtype]) -> None:
        self._record, self._params, self._inputs = record, params, inputs
        self._state = np.errstate(all="ignore")

    def __enter__(self) -> None:
        self._state.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._state.__exit__(kind, error, trace)
        if isinstance(error, _REFUSED):
            given = ", ".join(str(each) for each in self._inputs)
            name = self._params.operator or self._record.name
            raise MXNetError(f"Error in operator {name}: {error} (inputs {given})") from error


def typed(
    record: Operator, params: Params, dtypes: Sequence[Dtype | None]
) -> tuple[Sequence[Dtype | None], Sequence[Dtype | None]]:
    """Input and output dtypes as far as they follow from those given; raises MXNetError where these contradict."""
    with Refusals(record, params, dtypes):
        better, outputs = (record.types or _same_types)(params, list(dtypes))
    for number, (given, inferred) in enumerate(zip(dtypes, better, strict=False)):
        if given is not None and inferred is not None and given != inferred:
            name = params.operator or record.name
            raise MXNetError(
                f"Error in operator {name}: Incompatible attr in node {name} at {number}-th input: "
                f"expected {inferred.name}, got {given.name}"
            )
    return better, outputs


def _same_types(params: Params, inputs: list[Dtype | None]) -> tuple[Sequence[Dtype | None], Sequence[Dtype | None]]:
    """All inputs have one dtype, and so do the outputs, unless a parameter ``dtype`` names theirs."""
    first = next((dtype for dtype in inputs if dtype is not None), None)
    named = params.values.get("dtype")
    output = first
    if isinstance(named, str):
        output = BFLOAT16 if named == "bfloat16" else np.dtype(named)
    return [first] * len(inputs), [output] * params.num_outputs


def type_of_first(params: Params, dtypes: list[Dtype | None]) -> tuple[Sequence[Dtype | None], Sequence[Dtype | None]]:
    """Inputs of any dtypes; outputs of the first one's, unless a parameter ``dtype`` names theirs."""
    return dtypes, _same_types(params, dtypes[:1])[1]


def _fits(given: Sequence[int], inferred: Sequence[int]) -> bool:
    """Whether two shapes agree; here a size of -1 depends on the data, and one of 0 says nothing."""
    return len(given) == len(inferred) and all(a == b or a < 1 or b < 1 for a, b in zip(given, inferred, strict=True))


def apply(record: Operator, params: Params, inputs: Sequence[Value]) -> list[Value]:
    """Runs a lowering; raises MXNetError for what it refuses, and for inputs that do not go with each other."""
    shapes: list[PartialShape] = [value.shape for value in inputs]
    with Refusals(record, params, shapes):
        # Types are inferred of integers as well.
        if record.floats and not inputs[0].is_float:
            raise ValueError(f"This operation only support floating point types, not {inputs[0].dtype}")
        if record.numbers and inputs[0].dtype == BOOL:
            raise ValueError("Unknown type enum 7: the operator does not take bool")
        made = record.lower(params, *inputs)
        if record.fill is not None:
            for given, inferred in zip(shapes, record.fill(params, shapes), strict=False):
                if given is not None and inferred is not None and not _fits(given, inferred):
                    raise inconsistent(given, inferred)
    return [made] if isinstance(made, Value) else list(made)
