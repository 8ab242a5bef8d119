"""The plain recurrent cell, LSTM and GRU, step by step as symbols."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from offboard.mxnet import initializer
from offboard.mxnet import symbol as sym
from offboard.mxnet.rnn.base_cell import BaseRNNCell, RNNParams
from offboard.mxnet.symbol.symbol import Symbol

__all__ = ["GRUCell", "LSTMCell", "RNNCell", "gru_step", "lstm_step"]


def lstm_step(cell: Any, name: str, gates: Symbol, states: Sequence[Symbol], activation: Any, **axis: int) -> Any:
    """(output, states) of an LSTM from its gates side by side, along axis 1 unless another is given."""
    parts = sym.SliceChannel(gates, num_outputs=4, name=f"{name}slice", **axis)
    taken, kept, shown = (
        sym.Activation(parts[number], act_type="sigmoid", name=f"{name}{gate}")
        for number, gate in ((0, "i"), (1, "f"), (3, "o"))
    )
    new = cell._get_activation(parts[2], activation, name=f"{name}c")
    state = sym._internal._plus(kept * states[1], taken * new, name=f"{name}state")
    output = sym._internal._mul(shown, cell._get_activation(state, activation), name=f"{name}out")
    return output, [output, state]


def gru_step(cell: Any, name: str, i2h: Symbol, h2h: Symbol, state: Symbol, activation: Any) -> Any:
    """(output, states) of a GRU from what input and state give for its gates."""
    from_input = sym.SliceChannel(i2h, num_outputs=3, name=f"{name}_i2h_slice")
    from_state = sym.SliceChannel(h2h, num_outputs=3, name=f"{name}_h2h_slice")
    reset, update = (
        sym.Activation(from_input[number] + from_state[number], act_type="sigmoid", name=f"{name}_{gate}_act")
        for number, gate in ((0, "r"), (1, "z"))
    )
    new = cell._get_activation(from_input[2] + reset * from_state[2], activation, name=f"{name}_h_act")
    output = sym._internal._plus((1.0 - update) * new, update * state, name=f"{name}out")
    return output, [output]


class _GatedCell(BaseRNNCell):
    """Weights from the input and from the state, for all gates side by side."""

    _STATES = 1

    def __init__(self, num_hidden: int, prefix: str, params: RNNParams | None, i2h_bias: Any = None) -> None:
        super().__init__(prefix, params)
        self._num_hidden = num_hidden
        options = {} if i2h_bias is None else {"init": i2h_bias}
        self._iW, self._hW = self.params.get("i2h_weight"), self.params.get("h2h_weight")
        self._iB, self._hB = self.params.get("i2h_bias", **options), self.params.get("h2h_bias")

    @property
    def state_info(self) -> list[dict[str, Any]]:
        """(batch, num_hidden) each."""
        return [{"shape": (0, self._num_hidden), "__layout__": "NC"} for _ in range(self._STATES)]

    def _gates(self, inputs: Symbol, state: Symbol, name: str) -> tuple[Symbol, Symbol]:
        size = self._num_hidden * len(self._gate_names)
        return (
            sym.FullyConnected(inputs, self._iW, self._iB, num_hidden=size, name=f"{name}i2h"),
            sym.FullyConnected(state, self._hW, self._hB, num_hidden=size, name=f"{name}h2h"),
        )

    def _step_name(self) -> str:
        self._counter += 1
        return f"{self._prefix}t{self._counter}_"


class RNNCell(_GatedCell):
    """An activation of input and state."""

    def __init__(
        self, num_hidden: int, activation: Any = "tanh", prefix: str = "rnn_", params: RNNParams | None = None
    ) -> None:
        super().__init__(num_hidden, prefix, params)
        self._activation = activation

    @property
    def _gate_names(self) -> Sequence[str]:
        return ("",)

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Symbol]]:
        """One step."""
        name = self._step_name()
        i2h, h2h = self._gates(inputs, states[0], name)
        output = self._get_activation(i2h + h2h, self._activation, name=f"{name}out")
        return output, [output]


class LSTMCell(_GatedCell):
    """Hochreiter and Schmidhuber (1997); the states are output and memory."""

    _STATES = 2

    def __init__(
        self, num_hidden: int, prefix: str = "lstm_", params: RNNParams | None = None, forget_bias: float = 1.0
    ) -> None:
        super().__init__(num_hidden, prefix, params, initializer.LSTMBias(forget_bias=forget_bias))

    @property
    def _gate_names(self) -> Sequence[str]:
        return ("_i", "_f", "_c", "_o")

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Symbol]]:
        """One step."""
        name = self._step_name()
        i2h, h2h = self._gates(inputs, states[0], name)
        made: tuple[Symbol, list[Symbol]] = lstm_step(self, name, i2h + h2h, states, "tanh")
        return made


class GRUCell(_GatedCell):
    """Cho et al. (2014), with the reset gate after the product as in cuDNN."""

    def __init__(self, num_hidden: int, prefix: str = "gru_", params: RNNParams | None = None) -> None:
        super().__init__(num_hidden, prefix, params)

    @property
    def _gate_names(self) -> Sequence[str]:
        return ("_r", "_z", "_o")

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Symbol]]:
        """One step."""
        name = self._step_name()
        i2h, h2h = self._gates(inputs, states[0], f"{name}_")
        made: tuple[Symbol, list[Symbol]] = gru_step(self, name, i2h, h2h, states[0], "tanh")
        return made
