"""``Custom``: operators that the program defines, run by the instance."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import numpy.typing as npt

from offboard.errors import MXNetError
from offboard.operators import custom
from offboard.operators.builder import FLOAT32, Dtype, Value
from offboard.operators.record import Kernel, Params, PartialShape, inconsistent, operator


def _known(shape: PartialShape) -> list[int]:
    return [] if shape is None or 0 in shape else list(shape)


def _fill(p: Params, inputs: list[PartialShape]) -> Sequence[PartialShape]:
    defined = custom.definition(p.values)
    # The program's function may need what is not known yet.
    with suppress(IndexError, TypeError, ValueError):
        arguments, _, auxiliary = defined.infer_shapes([_known(each) for each in inputs[: len(defined.arguments)]])
        return [tuple(int(d) for d in shape) or None for shape in (*arguments, *auxiliary)]
    return inputs


def _types(p: Params, dtypes: list[Dtype | None]) -> tuple[Sequence[Dtype | None], Sequence[Dtype | None]]:
    defined = custom.definition(p.values)
    try:
        arguments, outputs, auxiliary = defined.infer_types(dtypes[: len(defined.arguments)])
    except (IndexError, TypeError, ValueError):
        if None not in dtypes:
            raise
        return dtypes, [None] * p.num_outputs
    made = [None if each is None else np.dtype(each) for each in (*arguments, *auxiliary)]
    return made, [None if each is None else np.dtype(each) for each in outputs]


def _output_shapes(defined: custom.Definition, given: Sequence[Sequence[int]]) -> custom.Shapes:
    """What the program says of its outputs, once what it says of its inputs is what they are."""
    arguments, outputs, auxiliary = defined.infer_shapes([list(shape) for shape in given[: len(defined.arguments)]])
    for shape, wanted in zip(given, (*arguments, *auxiliary), strict=False):
        if tuple(shape) != tuple(wanted):
            raise inconsistent(shape, wanted)
    return outputs


def _open(p: Params, inputs: Sequence[npt.NDArray[Any]]) -> custom.Run:
    defined = custom.definition(p.values)
    run = defined.open(inputs)
    try:
        _output_shapes(defined, [array.shape for array in inputs])
    except ValueError as error:
        raise MXNetError(f"Error in operator {p.operator}: {error}") from error
    return run


@operator("Custom", fill=_fill, types=_types, kernel=Kernel("a custom operator runs where its code is", _open))
def program_defined(p: Params, *inputs: Value) -> list[Value]:
    """Whatever the program says of ``op_type``; it runs on the instance, the rest of the graph where it is bound."""
    defined = custom.definition(p.values)
    shapes = _output_shapes(defined, [each.shape for each in inputs])
    _, dtypes, _ = defined.infer_types([each.dtype for each in inputs[: len(defined.arguments)]])
    g = p.graph
    return [
        g.value(g.fresh("custom"), tuple(int(d) for d in shape), np.dtype(dtype or FLOAT32))
        for shape, dtype in zip(shapes, dtypes, strict=True)
    ]
