"""Cells made of cells: stacked, both ways, residual, with dropout."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from offboard.mxnet import symbol as sym
from offboard.mxnet.base import numeric_types
from offboard.mxnet.ndarray.ndarray import NDArray
from offboard.mxnet.rnn.base_cell import MODIFIED, BaseRNNCell, RNNParams, Weights, sequence
from offboard.mxnet.symbol.symbol import Symbol

__all__ = [
    "BidirectionalCell", "DropoutCell", "ModifierCell", "ResidualCell", "SequentialRNNCell", "ZoneoutCell",
]  # fmt: skip


class _Composite(BaseRNNCell):
    """Its states and weights are those of its cells, one after another."""

    @property
    def state_info(self) -> list[dict[str, Any]]:
        """All cells' states."""
        return [info for cell in self._cells for info in cell.state_info]

    def begin_state(self, **kwargs: Any) -> list[Any]:  # type: ignore[override]
        """All cells' states to begin with."""
        assert not self._modified, MODIFIED
        return [state for cell in self._cells for state in cell.begin_state(**kwargs)]

    def unpack_weights(self, args: Weights) -> dict[str, NDArray]:
        """The weights of all cells gate by gate."""
        made = dict(args)
        for cell in self._cells:
            made = cell.unpack_weights(made)
        return made

    def pack_weights(self, args: Weights) -> dict[str, NDArray]:
        """The reverse of :meth:`unpack_weights`."""
        made = dict(args)
        for cell in self._cells:
            made = cell.pack_weights(made)
        return made

    def _shared_out(self, states: Sequence[Any]) -> list[Sequence[Any]]:
        made, begin = [], 0
        for cell in self._cells:
            end = begin + len(cell.state_info)
            made.append(states[begin:end])
            begin = end
        return made


class SequentialRNNCell(_Composite):
    """Cells on top of each other."""

    def __init__(self, params: RNNParams | None = None) -> None:
        super().__init__("", params)
        self._override_cell_params = params is not None

    def add(self, cell: BaseRNNCell) -> None:
        """Puts a cell on top."""
        if self._override_cell_params:
            assert cell._own_params, "Either specify params for SequentialRNNCell or child cells, not both."
            cell.params._params.update(self.params._params)
        self._cells.append(cell)
        self.params._params.update(cell.params._params)

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Symbol]]:
        """One step through all cells."""
        self._counter += 1
        following: list[Symbol] = []
        for cell, own in zip(self._cells, self._shared_out(states), strict=True):
            assert not isinstance(cell, BidirectionalCell)
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
    ) -> tuple[Any, Any]:
        """Unrolls cell after cell over the whole sequence."""
        self.reset()
        states = self.begin_state() if begin_state is None else begin_state
        following: list[Any] = []
        last = len(self._cells) - 1
        for number, (cell, own) in enumerate(zip(self._cells, self._shared_out(states), strict=True)):
            merge = merge_outputs if number == last else None
            inputs, state = cell.unroll(length, inputs, own, layout, merge)
            following.extend(state)
        return inputs, following


class DropoutCell(BaseRNNCell):
    """Drops inputs when it is run as in training."""

    def __init__(self, dropout: float, prefix: str = "dropout_", params: RNNParams | None = None) -> None:
        super().__init__(prefix, params)
        assert isinstance(dropout, numeric_types), "dropout probability must be a number"
        self.dropout = dropout

    @property
    def state_info(self) -> list[dict[str, Any]]:
        """There is none."""
        return []

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Symbol]]:
        """One operator."""
        return sym.Dropout(data=inputs, p=self.dropout) if self.dropout > 0 else inputs, list(states)

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: Any = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
    ) -> tuple[Any, Any]:
        """All steps at once where they are one symbol."""
        self.reset()
        inputs, _ = sequence(length, inputs, layout, merge_outputs)
        if isinstance(inputs, Symbol):
            return self(inputs, [])
        return super().unroll(length, inputs, begin_state, layout, merge_outputs)


class ModifierCell(BaseRNNCell):
    """Changes what another cell does; the parameters are that cell's."""

    def __init__(self, base_cell: BaseRNNCell) -> None:
        super().__init__()
        base_cell._modified = True
        self.base_cell = base_cell

    @property
    def params(self) -> RNNParams:
        """The base cell's."""
        self._own_params = False
        return self.base_cell.params

    @property
    def state_info(self) -> list[dict[str, Any]]:
        """The base cell's."""
        return self.base_cell.state_info

    def begin_state(self, init_sym: Callable[..., Any] = sym.zeros, **kwargs: Any) -> list[Any]:  # type: ignore[override]
        """The base cell's."""
        assert not self._modified, MODIFIED
        self.base_cell._modified = False
        made = self.base_cell.begin_state(func=init_sym, **kwargs)
        self.base_cell._modified = True
        return made

    def unpack_weights(self, args: Weights) -> dict[str, NDArray]:
        """The base cell's."""
        return self.base_cell.unpack_weights(args)

    def pack_weights(self, args: Weights) -> dict[str, NDArray]:
        """The base cell's."""
        return self.base_cell.pack_weights(args)


class ZoneoutCell(ModifierCell):
    """Krueger et al. (2016): when run as in training some outputs and states stay as they were."""

    def __init__(self, base_cell: BaseRNNCell, zoneout_outputs: float = 0.0, zoneout_states: float = 0.0) -> None:
        from offboard.mxnet.rnn.fused_cell import FusedRNNCell

        assert not isinstance(base_cell, FusedRNNCell), "FusedRNNCell doesn't support zoneout. Please unfuse first."
        assert not isinstance(base_cell, BidirectionalCell), (
            "BidirectionalCell doesn't support zoneout since it doesn't support step. Please add ZoneoutCell to the "
            "cells underneath instead."
        )
        super().__init__(base_cell)
        self.zoneout_outputs, self.zoneout_states = zoneout_outputs, zoneout_states
        self.prev_output: Symbol | None = None

    def reset(self) -> None:
        """Begins a new sequence."""
        super().reset()
        self.prev_output = None

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Symbol]]:
        """One step; Dropout of ones chooses what is new."""
        made, following = self.base_cell(inputs, states)

        def mixed(probability: float, new: Symbol, old: Symbol) -> Symbol:
            if probability == 0.0:
                return new
            chosen: Symbol = sym.where(sym.Dropout(sym.ones_like(new), p=probability), new, old)
            return chosen

        before = sym.zeros((0, 0)) if self.prev_output is None else self.prev_output
        output = mixed(self.zoneout_outputs, made, before)
        self.prev_output = output
        return output, [mixed(self.zoneout_states, new, old) for new, old in zip(following, states, strict=True)]


class ResidualCell(ModifierCell):
    """Adds the input to the output."""

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Symbol]]:
        """One step."""
        output, following = self.base_cell(inputs, states)
        return sym.elemwise_add(output, inputs, name=f"{output.name}_plus_residual"), following

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: Any = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
    ) -> tuple[Any, Any]:
        """Unrolls the base cell and adds all inputs."""
        self.reset()
        self.base_cell._modified = False
        outputs, states = self.base_cell.unroll(length, inputs, begin_state, layout, merge_outputs)
        self.base_cell._modified = True
        merge = isinstance(outputs, Symbol) if merge_outputs is None else merge_outputs
        inputs, _ = sequence(length, inputs, layout, merge)
        pairs = [(outputs, inputs)] if merge else list(zip(outputs, inputs, strict=False))
        made = [sym.elemwise_add(one, other, name=f"{one.name}_plus_residual") for one, other in pairs]
        return (made[0] if merge else made), states


class BidirectionalCell(_Composite):
    """One cell from the first step on, another from the last; their outputs are joined."""

    def __init__(
        self,
        l_cell: BaseRNNCell,
        r_cell: BaseRNNCell,
        params: RNNParams | None = None,
        output_prefix: str = "bi_",
    ) -> None:
        super().__init__("", params)
        self._output_prefix = output_prefix
        for cell in (l_cell, r_cell):
            if params is not None:
                assert cell._own_params, "Either specify params for BidirectionalCell or child cells, not both."
                cell.params._params.update(self.params._params)
            self.params._params.update(cell.params._params)
        self._cells = [l_cell, r_cell]

    def __call__(self, inputs: Any, states: Any) -> NoReturn:
        """Refused: the second cell needs the whole sequence."""
        raise NotImplementedError("Bidirectional cannot be stepped. Please use unroll")

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: Any = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
    ) -> tuple[Any, Any]:
        """Unrolls both cells and joins what they give for the same step; the states are a list of both cells'."""
        self.reset()
        inputs, axis = sequence(length, inputs, layout, False)
        states = self.begin_state() if begin_state is None else begin_state
        (left, right), (own, others) = self._cells, self._shared_out(states)
        ahead, left_states = left.unroll(length, inputs, own, layout, merge_outputs)
        behind, right_states = right.unroll(length, list(reversed(inputs)), others, layout, merge_outputs)
        merge = merge_outputs
        if merge is None:
            merge = isinstance(ahead, Symbol) and isinstance(behind, Symbol)
            if not merge:
                ahead, behind = _stepwise(ahead, axis, length), _stepwise(behind, axis, length)
        if merge:
            backwards = sym.reverse(behind, axis=axis)
            return sym.Concat(ahead, backwards, dim=2, name=f"{self._output_prefix}out"), [left_states, right_states]
        outputs = [
            sym.Concat(one, other, dim=1, name=f"{self._output_prefix}t{number}")
            for number, (one, other) in enumerate(zip(ahead, reversed(behind), strict=True))
        ]
        return outputs, [left_states, right_states]


def _stepwise(outputs: Any, axis: int, length: int) -> list[Symbol]:
    if isinstance(outputs, Symbol):
        return list(sym.SliceChannel(outputs, axis=axis, num_outputs=length, squeeze_axis=1))
    return list(outputs)
