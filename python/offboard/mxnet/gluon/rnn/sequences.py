"""Sequences as one tensor, or as a list of steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from offboard.mxnet import ndarray as nd
from offboard.mxnet import symbol as sym
from offboard.mxnet.gluon.parameter import tensor_types
from offboard.mxnet.ndarray.ndarray import NDArray
from offboard.mxnet.symbol.symbol import Symbol

__all__ = [
    "as_list",
    "batch_size_of",
    "in_form",
    "masked",
    "merged",
    "namespace_of",
    "reversed_steps",
    "steps",
    "time_axis",
]


def namespace_of(inputs: Any) -> Any:
    """``mx.sym`` for symbols, ``mx.nd`` for arrays."""
    first = inputs if isinstance(inputs, tensor_types) else inputs[0]
    return sym if isinstance(first, Symbol) else nd


def time_axis(layout: str) -> int:
    """Where T is in ``NTC`` or ``TNC``."""
    return layout.find("T")


def batch_size_of(inputs: Any, layout: str) -> int:
    """Samples in a batch; 0, which means unknown, for symbols."""
    if isinstance(inputs, NDArray):
        return inputs.shape[layout.find("N")]
    if isinstance(inputs, Symbol) or isinstance(inputs[0], Symbol):
        return 0
    return int(inputs[0].shape[0])


def as_list(made: Any) -> list[Any]:
    """The outputs of an operator, which gives no list for one."""
    return list(made) if isinstance(made, (list, tuple, Symbol)) else [made]


def steps(length: int | None, inputs: Any, layout: str) -> list[Any]:
    """The inputs step by step.

    Raises:
        AssertionError: another number of steps than ``length``, or a symbol of several outputs.
    """
    axis = time_axis(layout)
    if isinstance(inputs, Symbol):
        assert len(inputs) == 1, (
            "unroll doesn't allow grouped symbol as input. Please convert to list with list(inputs) first or let "
            "unroll handle splitting."
        )
        return list(sym.split(inputs, axis=axis, num_outputs=length, squeeze_axis=1))
    if isinstance(inputs, NDArray):
        count = inputs.shape[axis]
        assert length is None or length == count, f"unroll over {length} steps was given {count}"
        return as_list(nd.split(inputs, axis=axis, num_outputs=count, squeeze_axis=1))
    assert length is None or len(inputs) == length, f"unroll over {length} steps was given {len(inputs)}"
    return list(inputs)


def merged(inputs: Any, layout: str) -> Any:
    """The inputs as one tensor."""
    if isinstance(inputs, tensor_types):
        return inputs
    return namespace_of(inputs).stack(*inputs, axis=time_axis(layout))


def in_form(length: int | None, inputs: Any, layout: str, merge: bool | None) -> Any:
    """As one tensor, step by step, or, with None, as it is."""
    if merge is None:
        assert isinstance(inputs, tensor_types) or length is None or len(inputs) == length, (
            f"unroll over {length} steps was given {len(inputs)}"
        )
        return inputs
    return merged(inputs, layout) if merge else steps(length, inputs, layout)


def masked(F: Any, data: Any, length: int, valid_length: Any, axis: int, merge: bool | None) -> Any:
    """Zeros after each sample's valid length."""
    if not isinstance(data, tensor_types):
        data = F.stack(*data, axis=axis)
    made = F.SequenceMask(data, sequence_length=valid_length, use_sequence_length=True, axis=axis)
    if merge:
        return made
    return as_list(F.split(made, num_outputs=length, axis=axis, squeeze_axis=True))


def reversed_steps(sequences: Sequence[Any], length: int, valid_length: Any = None) -> list[Any]:
    """From the last step to the first; of each sample only the valid steps."""
    if valid_length is None:
        return list(reversed(sequences))
    F = namespace_of(sequences)
    made = F.SequenceReverse(F.stack(*sequences, axis=0), sequence_length=valid_length, use_sequence_length=True)
    return as_list(F.split(made, axis=0, num_outputs=length, squeeze_axis=True))
