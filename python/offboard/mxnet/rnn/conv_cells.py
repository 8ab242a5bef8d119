"""Recurrent cells over images, whose weights are convolutions' (Xingjian et al. 2015)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from offboard.mxnet import symbol as sym
from offboard.mxnet.rnn.base_cell import BaseRNNCell, RNNParams
from offboard.mxnet.rnn.gated_cells import gru_step, lstm_step
from offboard.mxnet.symbol.symbol import Symbol

__all__ = ["BaseConvRNNCell", "ConvGRUCell", "ConvLSTMCell", "ConvRNNCell"]

Pair = tuple[int, int]


def _leaky(inputs: Symbol, **kwargs: Any) -> Symbol:
    made: Symbol = sym.LeakyReLU(inputs, act_type="leaky", slope=0.2, **kwargs)
    return made


class BaseConvRNNCell(BaseRNNCell):
    """What they share: a convolution of the input and one of the state, for all gates side by side."""

    _PREFIX = ""
    _STATES = 1

    def __init__(
        self,
        input_shape: Sequence[int],
        num_hidden: int,
        h2h_kernel: Pair = (3, 3),
        h2h_dilate: Pair = (1, 1),
        i2h_kernel: Pair = (3, 3),
        i2h_stride: Pair = (1, 1),
        i2h_pad: Pair = (1, 1),
        i2h_dilate: Pair = (1, 1),
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        activation: Any = _leaky,
        prefix: str | None = None,
        params: RNNParams | None = None,
        conv_layout: str = "NCHW",
    ) -> None:
        super().__init__(self._PREFIX if prefix is None else prefix, params)
        assert all(each % 2 for each in h2h_kernel), f"Only support odd number, get h2h_kernel= {h2h_kernel}"
        self._num_hidden, self._activation, self._conv_layout = num_hidden, activation, conv_layout
        self._of_input: dict[str, Any] = {
            "kernel": i2h_kernel, "stride": i2h_stride, "pad": i2h_pad, "dilate": i2h_dilate, "layout": conv_layout,
        }  # fmt: skip
        same = tuple(dilate * (size - 1) // 2 for dilate, size in zip(h2h_dilate, h2h_kernel, strict=True))
        self._of_state: dict[str, Any] = {
            "kernel": h2h_kernel, "dilate": h2h_dilate, "pad": same, "stride": (1, 1), "layout": conv_layout,
        }  # fmt: skip
        probe = sym.Convolution(data=sym.Variable("data"), num_filter=num_hidden, **self._of_input)
        self._state_shape = (0, *probe.infer_shape(data=tuple(input_shape))[1][0][1:])
        self._iW = self.params.get("i2h_weight", init=i2h_weight_initializer)
        self._hW = self.params.get("h2h_weight", init=h2h_weight_initializer)
        self._iB = self.params.get("i2h_bias", init=i2h_bias_initializer)
        self._hB = self.params.get("h2h_bias", init=h2h_bias_initializer)

    @property
    def _num_gates(self) -> int:
        return len(self._gate_names)

    @property
    def state_info(self) -> list[dict[str, Any]]:
        """What the convolution gives, each."""
        return [{"shape": self._state_shape, "__layout__": self._conv_layout} for _ in range(self._STATES)]

    def _conv_forward(self, inputs: Symbol, states: Sequence[Symbol], name: str) -> tuple[Symbol, Symbol]:
        size = self._num_hidden * self._num_gates
        return (
            sym.Convolution(inputs, self._iW, self._iB, num_filter=size, name=f"{name}i2h", **self._of_input),
            sym.Convolution(states[0], self._hW, self._hB, num_filter=size, name=f"{name}h2h", **self._of_state),
        )

    def _step_name(self) -> str:
        self._counter += 1
        return f"{self._prefix}t{self._counter}_"

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Symbol]]:
        """One step, by a subclass."""
        raise NotImplementedError("BaseConvRNNCell is abstract class for convolutional RNN")


class ConvRNNCell(BaseConvRNNCell):
    """An activation of input and state."""

    _PREFIX = "ConvRNN_"

    @property
    def _gate_names(self) -> Sequence[str]:
        return ("",)

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Symbol]]:
        """One step."""
        name = self._step_name()
        i2h, h2h = self._conv_forward(inputs, states, name)
        output = self._get_activation(i2h + h2h, self._activation, name=f"{name}out")
        return output, [output]


class ConvLSTMCell(BaseConvRNNCell):
    """An LSTM; the states are output and memory."""

    _PREFIX, _STATES = "ConvLSTM_", 2

    @property
    def _gate_names(self) -> Sequence[str]:
        return ("_i", "_f", "_c", "_o")

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Symbol]]:
        """One step."""
        name = self._step_name()
        i2h, h2h = self._conv_forward(inputs, states, name)
        axis = self._conv_layout.find("C")
        made: tuple[Symbol, list[Symbol]] = lstm_step(self, name, i2h + h2h, states, self._activation, axis=axis)
        return made


class ConvGRUCell(BaseConvRNNCell):
    """A GRU."""

    _PREFIX = "ConvGRU_"

    @property
    def _gate_names(self) -> Sequence[str]:
        return ("_r", "_z", "_o")

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Symbol]]:
        """One step."""
        name = self._step_name()
        i2h, h2h = self._conv_forward(inputs, states, name)
        made: tuple[Symbol, list[Symbol]] = gru_step(self, name, i2h, h2h, states[0], self._activation)
        return made
