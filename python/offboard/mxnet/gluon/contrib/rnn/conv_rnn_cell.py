"""Recurrent cells over signals, images and volumes, whose weights are convolutions'."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from offboard.mxnet.gluon.nn.pool_layers import spread
from offboard.mxnet.gluon.parameter_dict import ParameterDict
from offboard.mxnet.gluon.rnn.base_cell import HybridRecurrentCell, activated

__all__ = [
    "Conv1DGRUCell", "Conv1DLSTMCell", "Conv1DRNNCell", "Conv2DGRUCell", "Conv2DLSTMCell", "Conv2DRNNCell",
    "Conv3DGRUCell", "Conv3DLSTMCell", "Conv3DRNNCell",
]  # fmt: skip

_LAYOUTS = {1: "NCW", 2: "NCHW", 3: "NCDHW"}


class _ConvCell(HybridRecurrentCell):
    """A convolution of the input and one of the state, for all gates side by side.

    ``input_shape`` is without the batch; the state's convolution keeps the size.
    """

    _DIMS: int
    _GATES = 1
    _STATES = 1

    def __init__(
        self,
        input_shape: Sequence[int],
        hidden_channels: int,
        i2h_kernel: Any,
        h2h_kernel: Any,
        i2h_pad: Any = 0,
        i2h_dilate: Any = 1,
        h2h_dilate: Any = 1,
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        conv_layout: str | None = None,
        activation: Any = "tanh",
        prefix: str | None = None,
        params: ParameterDict | None = None,
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        dims = self._DIMS
        for each in (i2h_kernel, i2h_pad, i2h_dilate, h2h_kernel, h2h_dilate):
            assert isinstance(each, int) or len(each) == dims, (
                f"For {dims}D convolution, the convolution settings can only be either int or list/tuple of length "
                f"{dims}"
            )
        layout = conv_layout or _LAYOUTS[dims]
        i2h, pad, dilate, h2h, h2h_dilation = (
            tuple(spread(each, dims)) for each in (i2h_kernel, i2h_pad, i2h_dilate, h2h_kernel, h2h_dilate)
        )
        assert all(size % 2 for size in h2h), f"Only support odd number, get h2h_kernel= {h2h_kernel}"
        same = tuple(step * (size - 1) // 2 for step, size in zip(h2h_dilation, h2h, strict=True))
        rows = hidden_channels * self._GATES
        self._hidden_channels, self._conv_layout, self._activation = hidden_channels, layout, activation
        self._channel_axis, self._input_shape = layout.find("C"), tuple(input_shape)
        common = {"num_filter": rows, "stride": (1,) * dims, "layout": layout}
        self._of_input: dict[str, Any] = {**common, "kernel": i2h, "pad": pad, "dilate": dilate}
        self._of_state: dict[str, Any] = {**common, "kernel": h2h, "pad": same, "dilate": h2h_dilation}
        first = self._channel_axis == 1
        in_channels = self._input_shape[self._channel_axis - 1]
        sizes = self._input_shape[1:] if first else self._input_shape[:-1]
        made = tuple(
            size + 2 * p - d * (k - 1) if size else 0 for size, k, p, d in zip(sizes, i2h, pad, dilate, strict=True)
        )
        self._state_shape = (hidden_channels, *made) if first else (*made, hidden_channels)

        def parameter(name: str, shape: tuple[int, ...], init: Any) -> Any:
            return self.params.get(name, shape=shape, init=init, allow_deferred_init=True)

        def kernel(inputs: int, sides: tuple[int, ...]) -> tuple[int, ...]:
            return (rows, inputs, *sides) if first else (rows, *sides, inputs)

        self.i2h_weight = parameter("i2h_weight", kernel(in_channels, i2h), i2h_weight_initializer)
        self.h2h_weight = parameter("h2h_weight", kernel(hidden_channels, h2h), h2h_weight_initializer)
        self.i2h_bias = parameter("i2h_bias", (rows,), i2h_bias_initializer)
        self.h2h_bias = parameter("h2h_bias", (rows,), h2h_bias_initializer)

    def __repr__(self) -> str:
        inputs = self._input_shape[self._channel_axis - 1] or None
        rows = self._hidden_channels * self._GATES
        return f"{type(self).__name__}({inputs} -> {rows}, {self._activation}, {self._conv_layout})"

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        """What the convolution of the input gives, each."""
        shape = (batch_size, *self._state_shape)
        return [{"shape": shape, "__layout__": self._conv_layout} for _ in range(self._STATES)]

    def hybrid_forward(
        self, F: Any, inputs: Any, states: Any, i2h_weight: Any, h2h_weight: Any, i2h_bias: Any, h2h_bias: Any
    ) -> Any:
        """Both convolutions, and the gates."""
        name = f"t{self._counter}_"
        i2h = F.Convolution(data=inputs, weight=i2h_weight, bias=i2h_bias, name=f"{name}i2h", **self._of_input)
        h2h = F.Convolution(data=states[0], weight=h2h_weight, bias=h2h_bias, name=f"{name}h2h", **self._of_state)
        return self._gated(F, i2h, h2h, states, name)

    def _gated(self, F: Any, i2h: Any, h2h: Any, states: Any, name: str) -> Any:
        raise NotImplementedError

    def _split(self, F: Any, gates: Any, name: str) -> Any:
        return F.SliceChannel(gates, num_outputs=self._GATES, name=name, axis=self._channel_axis)


class _ConvRNNCell(_ConvCell):
    def _alias(self) -> str:
        return "conv_rnn"

    def _gated(self, F: Any, i2h: Any, h2h: Any, states: Any, name: str) -> Any:
        output = activated(F, i2h + h2h, self._activation, name=f"{name}out")
        return output, [output]


class _ConvLSTMCell(_ConvCell):
    _GATES, _STATES = 4, 2

    def _alias(self) -> str:
        return "conv_lstm"

    def _gated(self, F: Any, i2h: Any, h2h: Any, states: Any, name: str) -> Any:
        parts = self._split(F, i2h + h2h, f"{name}slice")
        taken, kept, shown = (
            F.Activation(parts[number], act_type="sigmoid", name=f"{name}{gate}")
            for number, gate in ((0, "i"), (1, "f"), (3, "o"))
        )
        new = activated(F, parts[2], self._activation, name=f"{name}c")
        state = F.elemwise_add(kept * states[1], taken * new, name=f"{name}state")
        output = F.elemwise_mul(shown, activated(F, state, self._activation), name=f"{name}out")
        return output, [output, state]


class _ConvGRUCell(_ConvCell):
    _GATES = 3

    def _alias(self) -> str:
        return "conv_gru"

    def _gated(self, F: Any, i2h: Any, h2h: Any, states: Any, name: str) -> Any:
        from_input, from_state = self._split(F, i2h, f"{name}i2h_slice"), self._split(F, h2h, f"{name}h2h_slice")
        reset, update = (
            F.Activation(from_input[number] + from_state[number], act_type="sigmoid", name=f"{name}{gate}_act")
            for number, gate in ((0, "r"), (1, "z"))
        )
        new = activated(F, from_input[2] + reset * from_state[2], self._activation, name=f"{name}h_act")
        output = F.elemwise_add((1.0 - update) * new, update * states[0], name=f"{name}out")
        return output, [output]


class Conv1DRNNCell(_ConvRNNCell):
    """A plain cell over signals."""

    _DIMS = 1


class Conv2DRNNCell(_ConvRNNCell):
    """A plain cell over images."""

    _DIMS = 2


class Conv3DRNNCell(_ConvRNNCell):
    """A plain cell over volumes."""

    _DIMS = 3


class Conv1DLSTMCell(_ConvLSTMCell):
    """An LSTM over signals."""

    _DIMS = 1


class Conv2DLSTMCell(_ConvLSTMCell):
    """An LSTM over images (Xingjian et al. 2015)."""

    _DIMS = 2


class Conv3DLSTMCell(_ConvLSTMCell):
    """An LSTM over volumes."""

    _DIMS = 3


class Conv1DGRUCell(_ConvGRUCell):
    """A GRU over signals."""

    _DIMS = 1


class Conv2DGRUCell(_ConvGRUCell):
    """A GRU over images."""

    _DIMS = 2


class Conv3DGRUCell(_ConvGRUCell):
    """A GRU over volumes."""

    _DIMS = 3
