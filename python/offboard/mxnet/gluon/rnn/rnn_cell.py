"""Cells made of cells: stacked, both ways, residual, with dropout; and all others under MXNet's module name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from offboard.mxnet import symbol as sym
from offboard.mxnet.base import numeric_types
from offboard.mxnet.gluon.basic_block import indented
from offboard.mxnet.gluon.parameter import tensor_types
from offboard.mxnet.gluon.parameter_dict import ParameterDict
from offboard.mxnet.gluon.rnn.base_cell import MODIFIED, HybridRecurrentCell, RecurrentCell, first_states
from offboard.mxnet.gluon.rnn.gated_cells import GRUCell, LSTMCell, RNNCell
from offboard.mxnet.gluon.rnn.sequences import in_form, masked, merged, namespace_of, reversed_steps, steps, time_axis

__all__ = [
    "BidirectionalCell", "DropoutCell", "GRUCell", "HybridRecurrentCell", "HybridSequentialRNNCell", "LSTMCell",
    "ModifierCell", "RNNCell", "RecurrentCell", "ResidualCell", "SequentialRNNCell", "ZoneoutCell",
]  # fmt: skip


class _Composite(RecurrentCell):
    """A cell whose states are its children's, one after another."""

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        """All children's states."""
        return [info for cell in self._cells() for info in cell.state_info(batch_size)]

    def begin_state(self, **kwargs: Any) -> list[Any]:  # type: ignore[override]
        """All children's states to begin with."""
        assert not self._modified, MODIFIED
        return [state for cell in self._cells() for state in cell.begin_state(**kwargs)]

    def _cells(self) -> list[RecurrentCell]:
        return list(self._children.values())  # type: ignore[arg-type]

    def _shared_out(self, states: list[Any]) -> list[list[Any]]:
        """The states of each child."""
        made, begin = [], 0
        for cell in self._cells():
            end = begin + len(cell.state_info())
            made.append(states[begin:end])
            begin = end
        return made


class _Stack(_Composite):
    """Cells on top of each other."""

    def __repr__(self) -> str:
        rows = (f"({key}): {indented(repr(cell))}" for key, cell in self._children.items())
        return "{}(\n{}\n)".format(type(self).__name__, "\n".join(rows))

    def add(self, cell: RecurrentCell) -> None:
        """Puts a cell on top."""
        self.register_child(cell)

    def __call__(self, inputs: Any, states: Any) -> Any:
        """One step through all cells."""
        self._counter += 1
        assert all(not isinstance(cell, BidirectionalCell) for cell in self._cells()), (
            "Bidirectional cells cannot be stepped. Please use unroll"
        )
        following = []
        for cell, own in zip(self._cells(), self._shared_out(states), strict=True):
            inputs, state = cell(inputs, own)
            following += state
        return inputs, following

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: Any = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
        valid_length: Any = None,
    ) -> tuple[Any, Any]:
        """Unrolls cell after cell over the whole sequence."""
        self.reset()
        states = first_states(self, begin_state, inputs, layout)
        following: list[Any] = []
        last = len(self._children) - 1
        for number, (cell, own) in enumerate(zip(self._cells(), self._shared_out(states), strict=True)):
            merge = merge_outputs if number == last else None
            inputs, state = cell.unroll(length, inputs, own, layout, merge, valid_length)
            following += state
        return inputs, following

    def __getitem__(self, i: int) -> RecurrentCell:
        return self._cells()[i]

    def __len__(self) -> int:
        return len(self._children)


class SequentialRNNCell(_Stack):
    """Cells on top of each other."""


class HybridSequentialRNNCell(_Stack, HybridRecurrentCell):
    """Cells on top of each other, each of which may be a graph."""

    def hybrid_forward(self, F: Any, inputs: Any, states: Any) -> Any:
        """One step through all cells."""
        return self(inputs, states)


class DropoutCell(HybridRecurrentCell):
    """Drops inputs in training scopes."""

    def __init__(
        self, rate: float, axes: Any = (), prefix: str | None = None, params: ParameterDict | None = None
    ) -> None:
        super().__init__(prefix, params)
        assert isinstance(rate, numeric_types), "rate must be a number"
        self._rate, self._axes = rate, axes

    def __repr__(self) -> str:
        return f"{type(self).__name__}(rate={self._rate}, axes={self._axes})"

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        """There is none."""
        return []

    def _alias(self) -> str:
        return "dropout"

    def hybrid_forward(self, F: Any, inputs: Any, states: Any) -> Any:
        """One operator."""
        if self._rate > 0:
            inputs = F.Dropout(data=inputs, p=self._rate, axes=self._axes, name=f"t{self._counter}_fwd")
        return inputs, states

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: Any = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
        valid_length: Any = None,
    ) -> tuple[Any, Any]:
        """All steps at once where they are one tensor."""
        self.reset()
        inputs = in_form(length, inputs, layout, merge_outputs)
        if isinstance(inputs, tensor_types):
            made: tuple[Any, Any] = self.hybrid_forward(namespace_of(inputs), inputs, begin_state or [])
            return made
        return super().unroll(length, inputs, begin_state, layout, merge_outputs)


class ModifierCell(HybridRecurrentCell):
    """Changes what another cell does; the parameters are that cell's."""

    def __init__(self, base_cell: RecurrentCell) -> None:
        assert not base_cell._modified, f"Cell {base_cell.name} is already modified. One cell cannot be modified twice"
        base_cell._modified = True
        super().__init__(prefix=base_cell.prefix + self._alias(), params=None)
        self.base_cell = base_cell

    @property
    def params(self) -> ParameterDict:
        """The base cell's."""
        return self.base_cell.params

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        """The base cell's."""
        return self.base_cell.state_info(batch_size)

    def begin_state(self, func: Callable[..., Any] = sym.zeros, **kwargs: Any) -> list[Any]:  # type: ignore[override]
        """The base cell's."""
        assert not self._modified, MODIFIED.replace("ZoneoutCell", "DropoutCell")
        self.base_cell._modified = False
        made = self.base_cell.begin_state(func=func, **kwargs)
        self.base_cell._modified = True
        return made

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.base_cell})"


class ZoneoutCell(ModifierCell):
    """Krueger et al. (2016): in training some outputs and states stay as they were."""

    def __init__(self, base_cell: RecurrentCell, zoneout_outputs: float = 0.0, zoneout_states: float = 0.0) -> None:
        assert not isinstance(base_cell, BidirectionalCell), (
            "BidirectionalCell doesn't support zoneout since it doesn't support step. Please add ZoneoutCell to the "
            "cells underneath instead."
        )
        super().__init__(base_cell)
        self.zoneout_outputs, self.zoneout_states = zoneout_outputs, zoneout_states
        self._prev_output: Any = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}(p_out={self.zoneout_outputs}, p_state={self.zoneout_states}, {self.base_cell})"

    def _alias(self) -> str:
        return "zoneout"

    def reset(self) -> None:
        """Begins a new sequence."""
        super().reset()
        self._prev_output = None

    def hybrid_forward(self, F: Any, inputs: Any, states: Any) -> Any:
        """One step; Dropout of ones chooses what is new."""
        made, following = self.base_cell(inputs, states)

        def mixed(probability: float, new: Any, old: Any) -> Any:
            if probability == 0.0:
                return new
            return F.where(F.Dropout(F.ones_like(new), p=probability), new, old)

        before = self._prev_output
        if before is None:
            before = F.zeros_like(made)
        output = mixed(self.zoneout_outputs, made, before)
        following = [mixed(self.zoneout_states, new, old) for new, old in zip(following, states, strict=True)]
        self._prev_output = output
        return output, following


class ResidualCell(ModifierCell):
    """Adds the input to the output."""

    def hybrid_forward(self, F: Any, inputs: Any, states: Any) -> Any:
        """One step."""
        output, states = self.base_cell(inputs, states)
        return F.elemwise_add(output, inputs, name=f"t{self._counter}_fwd"), states

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: Any = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
        valid_length: Any = None,
    ) -> tuple[Any, Any]:
        """Unrolls the base cell and adds all inputs."""
        self.reset()
        self.base_cell._modified = False
        outputs, states = self.base_cell.unroll(length, inputs, begin_state, layout, merge_outputs, valid_length)
        self.base_cell._modified = True
        merge = isinstance(outputs, tensor_types) if merge_outputs is None else merge_outputs
        inputs = in_form(length, inputs, layout, merge)
        F = namespace_of(inputs)
        if valid_length is not None:
            inputs = masked(F, inputs, length, valid_length, time_axis(layout), merge)
        if merge:
            return F.elemwise_add(outputs, inputs), states
        return [F.elemwise_add(each, given) for each, given in zip(outputs, inputs, strict=True)], states


class BidirectionalCell(_Composite, HybridRecurrentCell):
    """One cell from the first step on, another from the last; their outputs are joined."""

    def __init__(self, l_cell: RecurrentCell, r_cell: RecurrentCell, output_prefix: str = "bi_") -> None:
        super().__init__(prefix="", params=None)
        self.register_child(l_cell, "l_cell")
        self.register_child(r_cell, "r_cell")
        self._output_prefix = output_prefix

    def __call__(self, inputs: Any, states: Any) -> Any:
        """Refused: the second cell needs the whole sequence."""
        raise NotImplementedError("Bidirectional cannot be stepped. Please use unroll")

    def __repr__(self) -> str:
        return "{}(forward={l_cell}, backward={r_cell})".format(type(self).__name__, **self._children)

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: Any = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
        valid_length: Any = None,
    ) -> tuple[Any, Any]:
        """Unrolls both cells and joins what they give for the same step."""
        self.reset()
        axis, F = time_axis(layout), namespace_of(inputs)
        states = first_states(self, begin_state, inputs, layout)
        inputs = steps(length, inputs, layout)
        backwards = reversed_steps(inputs, length, valid_length)
        (left, right), (left_states, right_states) = self._cells(), self._shared_out(states)
        ahead, left_states = left.unroll(length, inputs, left_states, layout, merge_outputs, valid_length)
        behind, right_states = right.unroll(length, backwards, right_states, layout, False, valid_length)
        behind = reversed_steps(behind, length, valid_length)
        if merge_outputs is None:
            merge_outputs = isinstance(ahead, tensor_types)
        if merge_outputs:
            outputs = F.concat(merged(ahead, layout), merged(behind, layout), dim=2, name=f"{self._output_prefix}out")
        else:
            outputs = [
                F.concat(one, other, dim=1, name=f"{self._output_prefix}t{number}")
                for number, (one, other) in enumerate(zip(ahead, behind, strict=True))
            ]
        if valid_length is not None:
            outputs = masked(F, outputs, length, valid_length, axis, merge_outputs)
        return outputs, [*left_states, *right_states]
