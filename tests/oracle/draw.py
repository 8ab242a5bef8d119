"""Cases from a source of random choices: operators of the table, attributes, shapes, dtypes and contents.

How an operator's attributes and inputs are chosen is data (``strategies.json``): Python expressions over the functions
of :class:`_Scope`. Names in them are, in this order: attributes of the operator (drawn when first asked for, so that
they may depend on each other), ``input`` (the shape of the first input) and ``ndim``, and single
letters, which are sizes that
inputs of one case share.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from tests.oracle.case import Case
from tests.oracle.contents import Contents, Makers, Shape
from tests.oracle.flow import FORMS, draw_flow
from tests.oracle.twist import twisted

from offboard.errors import MXNetError
from offboard.graph import symbol_json
from offboard.operators import record, table
from offboard.operators.infer import infer_shapes, infer_types

_DTYPES = ("float32",) * 8 + ("float64", "float64", "float16", "float16", "int32", "int64", "int8", "uint8", "bool")


class NotDrawnError(Exception):
    """What was drawn so far (an axis out of range, say) leaves nothing to draw the rest from."""


@cache
def strategies() -> dict[str, dict[str, Any]]:
    """The data: by operator name or pattern, later entries winning."""
    return json.loads(Path(__file__).with_name("strategies.json").read_text())


@cache
def _strategy(operator: str) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for pattern, entry in strategies().items():
        if any(fnmatchcase(operator, each) for each in pattern.split()):
            for key, value in entry.items():
                merged[key] = {**merged.get(key, {}), **value} if isinstance(value, dict) else value
    return merged


class _Scope(Makers, dict[str, Any]):
    """The names of strategies' expressions."""

    def __init__(self, random: Random, operator: str, shape: Shape | None) -> None:
        super().__init__()
        self.random = random
        self.facts = table.find(operator)
        self.strategy = _strategy(self.facts.name)
        self.given: dict[str, str] = {}
        self.first = shape
        for name in (
            "integer",
            "one_of",
            "maybe",
            "a_size",
            "an_axis",
            "some_axes",
            "dims",
            "permutation",
            "real",
            "reals",
        ):
            self[name] = getattr(self, "_" + name)
        for name in ("normal", "ties", "special", "wide", "positive", "unit", "below", "boxes", "constant"):
            self[name] = getattr(self, "_" + name)
        for name in (
            "coordinates",
            "distinct",
            "definite",
            "triangle",
            "rois",
            "objects",
            "labels",
            "image_sizes",
            "affine",
            "edges",
            "symmetric",
            "laid",
            "positive_real",
        ):
            self[name] = getattr(self, "_" + name)
        self["__builtins__"] = {}
        for function in (tuple, range, max, min, len, list, int, float, sorted, sum, isinstance, enumerate, math.prod):
            self[function.__name__] = function

    def __missing__(self, name: str) -> Any:
        if name in self.facts.parameters or name == self.facts.variadic:
            value = self._attribute(name)
        elif name == "input":
            value = self.first if self.first is not None else self.evaluate(self.strategy.get("shape", "dims(ndims)"))
            value = self.first = tuple(value)
        elif name == "ndim":
            value = len(self["input"])
        elif name == "ndims":
            value = self._one_of(1, 1, 2, 2, 2, 3, 3, 4, 4, 5, 6)
        elif len(name) == 1:
            value = self._a_size()
        else:
            raise KeyError(name)
        self[name] = value
        return value

    def evaluate(self, expression: str) -> Any:
        """The value of an expression of the strategies."""
        try:
            # As globals, so that comprehensions see it.
            return eval(expression, self)
        except (ArithmeticError, LookupError, ValueError, TypeError) as error:
            raise NotDrawnError(f"{self.facts.name} {self.given}: {expression}: {error}") from error

    # Attributes

    def _attribute(self, name: str) -> Any:
        parameter = self.facts.parameters.get(name)
        own = self.strategy.get("attrs", {}).get(name)
        default = _DEFAULT_ATTRS.get(name)
        optional = parameter is not None and not parameter.required
        if (own is None or not own.startswith("!")) and optional and self.random.random() < 0.45:
            assert parameter is not None
            assert parameter.default is not None
            return parameter.parse(parameter.default)
        if own is not None:
            value = self.evaluate(own.removeprefix("!"))
            if value is ...:
                assert parameter is not None
                return parameter.parse(parameter.default or "")
        elif parameter is None:
            value = self._integer(1, 4)
        elif parameter.type == "enum":
            value = self._one_of(*parameter.values)
        elif default is not None and parameter.type in default:
            value = self.evaluate(default[parameter.type])
        elif parameter.type == "bool":
            value = self._one_of(True, False)
        elif parameter.type in ("int", "long"):
            value = self._integer(-2, 4)
        elif parameter.type in ("uint", "ulong"):
            value = self._integer(1, 4)
        elif parameter.type in ("float", "double"):
            value = self._real()
        elif parameter.type == "string":
            return parameter.parse(parameter.default or "")
        else:
            value = self._dims(self._integer(1, 3))
        self.given[name] = table.format_value(value)
        return value

    # Numbers

    def _integer(self, low: int, high: int) -> int:
        return self.random.randint(low, high)

    def _one_of(self, *values: Any) -> Any:
        return values[self.random.randrange(len(values))]

    def _maybe(self, value: Any, chance: float = 0.5) -> Any:
        """The value, or None."""
        return value if self.random.random() < chance else None

    def _a_size(self, low: int = 1, high: int = 5) -> int:
        return self.random.randint(low, high)

    def _dims(self, ndim: int, low: int = 1, high: int = 5) -> Shape:
        top = high if ndim < 4 else max(low, 3)
        return tuple(self.random.randint(low, top) for _ in range(ndim))

    def _an_axis(self, ndim: int | None = None, beyond: int = 0) -> int:
        """An axis of the first input, negative at times, and rarely out of range."""
        count = self["ndim"] if ndim is None else ndim
        over = 1 if self.random.random() < 0.04 else 0
        return self.random.randint(-count - over - beyond, count - 1 + over + beyond)

    def _some_axes(self, distinct: bool = True) -> Shape:
        count = self["ndim"]
        chosen = self.random.sample(range(count), self.random.randint(1, count))
        if not distinct:
            chosen.append(self._an_axis())
        return tuple(axis - count if self.random.random() < 0.3 else axis for axis in chosen)

    def _permutation(self) -> Shape:
        return tuple(self.random.sample(range(self["ndim"]), self["ndim"]))

    def _real(self) -> float:
        return self._one_of(0.0, 1.0, -1.0, 0.5, 2.0, -2.0, 3.0, 0.1, -1.7, 1e-3, 7.25, 100.0, 3.7)

    def _reals(self, count: int) -> tuple[float, ...]:
        return tuple(self._real() for _ in range(count))

    def _laid(self, lead: Shape, matrix: Shape, axis: int) -> Shape:
        """A stack of matrices whose rows are along ``axis``."""
        at = axis if axis >= 0 else len(lead) + 2 + axis
        rest = (*lead, matrix[1])
        return (*rest[:at], matrix[0], *rest[at:])

    def _positive_real(self) -> float:
        return self._one_of(0.5, 1.0, 2.0, 3.7, 0.1)

    def contents(self, expression: str | None) -> Contents:
        """How an input is filled: as its strategy says, or of everyday, tied, special or widely spread numbers."""
        if expression is not None:
            return self.evaluate(expression)
        one = self._constant(self._one_of(0.0, 1.0, -1.0, 2.5))
        return self._one_of(
            *(self._normal(),) * 5, *(self._ties(),) * 3, self._special(), self._special(), self._wide(), one
        )


# Attributes that mean the same everywhere, by name and type.
_DEFAULT_ATTRS: dict[str, dict[str, str]] = {
    "axis": {"int": "an_axis()", "shape": "one_of(some_axes(), an_axis())"},
    "axes": {"shape": "some_axes()"},
    "num_args": {"int": "integer(1, 4)"},
}


def _filled(contents: Contents, shape: Shape, dtype: np.dtype[Any], limit: float) -> np.ndarray:
    """Contents in a dtype: integers are clipped to what they hold and to ``limit``."""
    try:
        made = np.asarray(contents(shape))
    except (ValueError, IndexError) as error:
        raise NotDrawnError(f"contents of {shape}: {error}") from error
    with np.errstate(all="ignore"):
        if dtype == np.bool_:
            return made > 0
        if dtype.kind in "iu":
            low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
            made = np.nan_to_num(made, nan=1, posinf=limit, neginf=-limit).clip(max(low, -limit), min(high, limit))
            return np.rint(made).astype(dtype)
        return made.astype(dtype)


class Graphs:
    """Builds one symbol graph, operator by operator, with the shapes and dtypes of everything in it."""

    def __init__(self, random: Random, twist: float = 0.0) -> None:
        self.random, self.twist = random, twist
        self.nodes: list[dict[str, Any]] = []
        self.arrays: dict[str, np.ndarray] = {}
        self.heads: list[tuple[int, int]] = []

    def variable(self, name: str) -> int:
        """A new variable's number."""
        self.nodes.append({"op": "null", "name": name, "inputs": []})
        return len(self.nodes) - 1

    def text(self, heads: list[tuple[int, int]], extra: list[dict[str, Any]] | None = None) -> str:
        """The graph's JSON with ``heads``, and ``extra`` nodes behind."""
        nodes = self.nodes + (extra or [])
        return json.dumps(
            {
                "nodes": nodes,
                "arg_nodes": [number for number, node in enumerate(nodes) if node["op"] == "null"],
                "node_row_ptr": list(range(len(nodes) + 1)),
                "heads": [[number, index, 0] for number, index in heads],
                "attrs": {"mxnet_version": ["int", 10901]},
            }
        )

    def append(self, operator: str, source: tuple[int, int] | None, shape: Shape | None, dtype: str) -> dict[str, str]:
        """Applies an operator to ``source`` (or a new variable), other inputs being new variables; its attributes."""
        scope = _Scope(self.random, operator, shape)
        scope["dtype"] = dtype
        facts, inputs = scope.facts, scope.strategy.get("inputs", {})
        for name in (*facts.parameters, *([facts.variadic] if facts.variadic else [])):
            # In expressions ``dtype`` is the case's, and ``range`` Python's.
            scope._attribute(name) if name in ("dtype", "range") else scope[name]
        attrs = dict(scope.given)
        if self.twist and self.random.random() < self.twist:
            attrs = twisted(self.random, facts, attrs)
        try:
            names = facts.input_names(facts.parse(attrs))
        except MXNetError as error:
            raise NotDrawnError(str(error)) from error
        prefix = f"n{len(self.nodes)}"
        made: list[list[int]] = []
        for index, name in enumerate(names):
            number = source if index == 0 and source is not None else (self.variable(f"{prefix}_{name}"), 0)
            made.append([*number, 0])
        node: dict[str, Any] = {"op": facts.name, "name": prefix, "inputs": made}
        if attrs:
            node["attrs"] = attrs
        self.nodes.append(node)
        number = len(self.nodes) - 1
        self.heads = [(number, index) for index in range(facts.num_outputs(facts.parse(attrs)))]
        if not self.heads:
            raise NotDrawnError(f"{operator} {attrs} has no outputs")
        fresh = [
            (name, self.nodes[made[index][0]]["name"]) for index, name in enumerate(names) if index or source is None
        ]
        self._fill(scope, fresh, names, inputs, dtype)
        return attrs

    def _fill(
        self, scope: _Scope, fresh: list[tuple[str, str]], names: tuple[str, ...], inputs: dict[str, Any], dtype: str
    ) -> None:
        """Arrays for the new variables: what strategies say, else what inference says, else anything."""

        def entry(name: str) -> dict[str, Any]:
            found = next((value for key, value in inputs.items() if any(fnmatchcase(name, k) for k in key.split())), {})
            return found if isinstance(found, dict) else {"shape": found}

        shapes: dict[str, Shape] = {}
        kinds: dict[str, np.dtype[Any]] = {}
        for name, variable in fresh:
            wanted = entry(name)
            if "shape" in wanted:
                shapes[variable] = tuple(max(1, int(d)) for d in scope.evaluate(wanted["shape"]))
            elif name == names[0]:
                shapes[variable] = scope["input"]
            if "dtype" in wanted:
                kinds[variable] = np.dtype(scope.evaluate(wanted["dtype"]))
            elif name == names[0]:
                kinds[variable] = np.dtype(dtype)
        graph = symbol_json.loads(self.text(self.heads))
        known = {**{name: array.shape for name, array in self.arrays.items()}, **shapes}
        types = {**{name: array.dtype for name, array in self.arrays.items()}, **kinds}
        try:
            found = infer_shapes(graph, known)
            inferred: Mapping[str, Any] = {**found.arguments, **found.auxiliary}
        except MXNetError:
            inferred = {}
        try:
            typed = infer_types(graph, types)
            inferred_types: Mapping[str, Any] = {**typed.arguments, **typed.auxiliary}
        except MXNetError:
            inferred_types = {}
        for name, variable in fresh:
            shape = shapes.get(variable) or inferred.get(variable)
            if not shape or min(shape) <= 0:
                shape = scope["input"] if self.random.random() < 0.9 else scope._dims(self.random.randint(1, 3))
            kind = kinds.get(variable) or inferred_types.get(variable) or np.dtype(dtype)
            if self.random.random() < 0.01:
                shape = tuple(max(1, d + self.random.randint(-1, 1)) for d in shape)
            if self.random.random() < 0.03:
                kind = np.dtype(self.random.choice(_DTYPES))
            expression = entry(name).get("values", scope.strategy.get("values"))
            limit = scope.strategy.get("limit", 100.0)
            self.arrays[variable] = _filled(scope.contents(expression), tuple(shape), kind, limit)


def operators() -> list[str]:
    """Operators with a lowering and not left out by their strategy."""
    return sorted(name for name in record.registry() if not _strategy(name).get("left_out"))


def draw(random: Random, names: list[str], steps: int = 1, twist: float = 0.0) -> Case:
    """One case of ``steps`` operators among ``names``, ``twist`` of them with an attribute changed to anything."""
    graphs = Graphs(random, twist)
    operator = random.choice(names)
    if operator in FORMS:
        return draw_flow(random, operator)
    dtype = random.choice(_strategy(operator).get("dtypes", "").split() or _DTYPES)
    attrs = graphs.append(operator, None, None, dtype)
    for _ in range(steps - 1):
        # MXNet computes later outputs of a node wrongly where nobody asks for the first.
        source = graphs.heads[0]
        shape = _output_shape(graphs, source)
        if shape is None:
            break
        operator = random.choice([name for name in names if name not in FORMS])
        attrs = graphs.append(operator, source, shape, dtype)
    return _complete(random, graphs, operator, attrs)


def _output_shape(graphs: Graphs, source: tuple[int, int]) -> Shape | None:
    graph = symbol_json.loads(graphs.text([source]))
    shapes = {name: array.shape for name, array in graphs.arrays.items()}
    try:
        found = infer_shapes(graph, shapes, {name: array.dtype for name, array in graphs.arrays.items()})
    except MXNetError:
        return None
    shape = found.outputs[0]
    return shape if shape is not None and 0 not in shape else None


def _complete(random: Random, graphs: Graphs, operator: str, attrs: dict[str, str]) -> Case:
    """With the questions to ask of inference: everything given, some of it, some dimensions, the output alone."""
    count = len(graphs.nodes)
    number, index = graphs.heads[0]
    extra: list[dict[str, Any]] = [
        {"op": "null", "name": "wanted", "inputs": []},
        {"op": "elemwise_add", "name": "sum", "inputs": [[number, index, 0], [count, 0, 0]]},
    ]
    case = Case(
        operator,
        attrs,
        graphs.text(graphs.heads),
        graphs.text([(count + 1, 0)], extra),
        graphs.arrays,
        train=random.random() < 0.1,
    )
    everything = {name: list(array.shape) for name, array in graphs.arrays.items()}
    kinds = {name: array.dtype.name for name, array in graphs.arrays.items()}
    case.shapes = [(0, everything)]
    case.types = [kinds]
    if everything:
        some = {name: shape for name, shape in everything.items() if random.random() < 0.6}
        holed = {
            name: [0 if random.random() < 0.25 else d for d in shape]
            for name, shape in everything.items()
            if random.random() < 0.8
        }
        case.shapes += [(0, some), (0, holed)]
        case.types += [{name: kind for name, kind in kinds.items() if random.random() < 0.6}]
    output = _output_shape(graphs, (number, index))
    if output is not None:
        few = {name: shape for name, shape in everything.items() if random.random() < 0.3}
        case.shapes.append((1, {**few, "wanted": [0 if random.random() < 0.15 else d for d in output]}))
    return case
