"""Recurrent layers over whole sequences, by one fused operator."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from offboard.mxnet import ndarray as nd
from offboard.mxnet import symbol as sym
from offboard.mxnet.gluon.basic_parameter import Parameter
from offboard.mxnet.gluon.hybrid_block import HybridBlock
from offboard.mxnet.gluon.parameter import tensor_types
from offboard.mxnet.gluon.rnn import rnn_cell
from offboard.mxnet.ndarray.ndarray import NDArray

__all__ = ["GRU", "LSTM", "RNN"]

_GATES = {"rnn_relu": 1, "rnn_tanh": 1, "lstm": 4, "gru": 3}
_KEY = re.compile(r"([lr])(\d+)_(i2h|h2h|h2r)_(weight|bias)\Z")


class _RNNLayer(HybridBlock):
    """Layers of one mode, in one or both directions; (time, batch, channels) unless the layout is NTC."""

    def __init__(
        self,
        hidden_size: int,
        num_layers: int,
        layout: str,
        dropout: float,
        bidirectional: bool,
        input_size: int,
        i2h_weight_initializer: Any,
        h2h_weight_initializer: Any,
        i2h_bias_initializer: Any,
        h2h_bias_initializer: Any,
        mode: str,
        projection_size: int | None,
        h2r_weight_initializer: Any,
        lstm_state_clip_min: float | None,
        lstm_state_clip_max: float | None,
        lstm_state_clip_nan: bool,
        dtype: Any,
        use_sequence_length: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        assert layout in ("TNC", "NTC"), f"Invalid layout {layout}; must be one of ['TNC' or 'NTC']"
        self._hidden_size, self._input_size, self._num_layers = hidden_size, input_size, num_layers
        self._projection_size = projection_size or None
        self._mode, self._layout, self._dropout, self._dtype = mode, layout, dropout, dtype
        self._dir = 2 if bidirectional else 1
        self._gates = _GATES[mode]
        self._use_sequence_length = use_sequence_length
        self._clip = {
            "lstm_state_clip_min": lstm_state_clip_min, "lstm_state_clip_max": lstm_state_clip_max,
            "lstm_state_clip_nan": lstm_state_clip_nan,
        }  # fmt: skip
        self._initializers = {
            "i2h_weight_initializer": i2h_weight_initializer, "h2h_weight_initializer": h2h_weight_initializer,
            "i2h_bias_initializer": i2h_bias_initializer, "h2h_bias_initializer": h2h_bias_initializer,
        }  # fmt: skip
        self.skip_states = False
        rows, width, out = self._gates * hidden_size, input_size, self._projection_size or hidden_size
        for layer in range(num_layers):
            for side in "lr"[: self._dir]:
                stem = f"{side}{layer}"
                self._add(f"{stem}_i2h_weight", (rows, width), i2h_weight_initializer)
                self._add(f"{stem}_h2h_weight", (rows, out), h2h_weight_initializer)
                self._add(f"{stem}_i2h_bias", (rows,), i2h_bias_initializer)
                self._add(f"{stem}_h2h_bias", (rows,), h2h_bias_initializer)
                if self._projection_size:
                    self._add(f"{stem}_h2r_weight", (out, hidden_size), h2r_weight_initializer)
            width = out * self._dir

    def _add(self, name: str, shape: tuple[int, ...], init: Any) -> None:
        made = self.params.get(name, shape=shape, init=init, allow_deferred_init=True, dtype=self._dtype)
        setattr(self, name, made)

    def __repr__(self) -> str:
        shape = self._reg_params["l0_i2h_weight"].shape
        assert shape is not None
        said = f"{type(self).__name__}({shape[1] or None} -> {shape[0] // self._gates}, {self._layout}"
        if self._num_layers != 1:
            said += f", num_layers={self._num_layers}"
        if self._dropout != 0:
            said += f", dropout={self._dropout}"
        return said + (", bidirectional)" if self._dir == 2 else ")")

    def _collect_params_with_prefix(self, prefix: str = "") -> dict[str, Parameter]:
        """In files the parameters have the names of the cells that the layer once consisted of."""
        dot = f"{prefix}." if prefix else ""

        def key(name: str) -> str:
            found = _KEY.match(name)
            assert found is not None, name
            side, layer, gate, kind = found.groups()
            cell = f"{side}_cell." if self._dir == 2 else ""
            return f"{dot}_unfused.{layer}.{cell}{gate}_{kind}"

        return {key(name): parameter for name, parameter in self._reg_params.items()}

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        """Shape (layers times directions, batch, hidden) of each state."""
        shape = (self._num_layers * self._dir, batch_size, self._projection_size or self._hidden_size)
        return [{"shape": shape, "__layout__": "LNC", "dtype": self._dtype}]

    def _unfuse(self) -> rnn_cell.HybridSequentialRNNCell:
        """The same as cells, with the same parameters."""
        assert not self._projection_size, "_unfuse does not support projection layer yet!"
        assert not self._clip["lstm_state_clip_min"], "_unfuse does not support state clipping yet!"
        assert not self._clip["lstm_state_clip_max"], "_unfuse does not support state clipping yet!"
        made = rnn_cell.HybridSequentialRNNCell(prefix=self.prefix, params=self.params)
        with made.name_scope():
            width = self._input_size
            for layer in range(self._num_layers):
                cells = [self._cell(f"{side}{layer}_", width) for side in "lr"[: self._dir]]
                made.add(rnn_cell.BidirectionalCell(cells[0], cells[1]) if len(cells) == 2 else cells[0])
                if self._dropout > 0 and layer != self._num_layers - 1:
                    made.add(rnn_cell.DropoutCell(self._dropout))
                width = self._hidden_size * self._dir
        return made

    def _cell(self, prefix: str, width: int) -> rnn_cell.RecurrentCell:
        options: dict[str, Any] = {"prefix": prefix, "input_size": width, **self._initializers}
        if self._mode == "lstm":
            return rnn_cell.LSTMCell(self._hidden_size, **options)
        if self._mode == "gru":
            return rnn_cell.GRUCell(self._hidden_size, **options)
        return rnn_cell.RNNCell(self._hidden_size, activation=self._mode.removeprefix("rnn_"), **options)

    def cast(self, dtype: Any) -> None:
        """Another type for the values, and for states to begin with."""
        super().cast(dtype)
        self._dtype = dtype

    def begin_state(self, batch_size: int = 0, func: Callable[..., Any] = nd.zeros, **kwargs: Any) -> list[Any]:
        """States to begin with: zeros, or what ``func`` makes."""
        return [
            func(name=f"{self.prefix}h0_{number}", **{**info, **kwargs})
            for number, info in enumerate(self.state_info(batch_size))
        ]

    def __call__(self, inputs: Any, states: Any = None, sequence_length: Any = None) -> Any:
        """The outputs, and the last states if states are given to begin with."""
        self.skip_states = states is None
        if states is None:
            if isinstance(inputs, NDArray):
                batch_size = inputs.shape[self._layout.find("N")]
                states = self.begin_state(batch_size, ctx=inputs.context, dtype=inputs.dtype)
            else:
                states = self.begin_state(0, func=sym.zeros)
        if isinstance(states, tensor_types):
            states = [states]
        if self._use_sequence_length:
            return super().__call__(inputs, states, sequence_length)
        return super().__call__(inputs, states)

    def hybrid_forward(self, F: Any, inputs: Any, states: Any, sequence_length: Any = None, **parameters: Any) -> Any:
        """One operator over all parameters in one vector: all weights, then all biases."""
        if F is nd:
            for state, info in zip(states, self.state_info(inputs.shape[self._layout.find("N")]), strict=False):
                if state.shape != info["shape"]:
                    raise ValueError(f"Invalid recurrent state shape. Expecting {info['shape']}, got {state.shape}.")
        if self._layout == "NTC":
            inputs = F.swapaxes(inputs, 0, 1)
        names = [
            f"{side}{layer}_{gate}_{kind}"
            for kind in ("weight", "bias")
            for layer in range(self._num_layers)
            for side in "lr"[: self._dir]
            for gate in ("i2h", "h2h", "h2r")
        ]
        flat = F._internal._rnn_param_concat(
            *[parameters[name].reshape(-1) for name in names if name in parameters], dim=0
        )
        extra = [sequence_length] if self._use_sequence_length else []
        made = F.RNN(
            inputs, flat, *states, *extra, use_sequence_length=self._use_sequence_length,
            state_size=self._hidden_size, projection_size=self._projection_size, num_layers=self._num_layers,
            bidirectional=self._dir == 2, p=self._dropout, state_outputs=True, mode=self._mode, **self._clip,
        )  # fmt: skip
        outputs, following = made[0], [made[1], made[2]] if self._mode == "lstm" else [made[1]]
        if self._layout == "NTC":
            outputs = F.swapaxes(outputs, 0, 1)
        return outputs if self.skip_states else (outputs, following)


class RNN(_RNNLayer):
    """Plain recurrence with ReLU or tanh."""

    def __init__(
        self,
        hidden_size: int,
        num_layers: int = 1,
        activation: str = "relu",
        layout: str = "TNC",
        dropout: float = 0,
        bidirectional: bool = False,
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        input_size: int = 0,
        dtype: Any = "float32",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            hidden_size, num_layers, layout, dropout, bidirectional, input_size, i2h_weight_initializer,
            h2h_weight_initializer, i2h_bias_initializer, h2h_bias_initializer, f"rnn_{activation}", None, None, None,
            None, False, dtype, **kwargs,
        )  # fmt: skip


class LSTM(_RNNLayer):
    """Long short-term memory; the states are the output's and the memory's."""

    def __init__(
        self,
        hidden_size: int,
        num_layers: int = 1,
        layout: str = "TNC",
        dropout: float = 0,
        bidirectional: bool = False,
        input_size: int = 0,
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        projection_size: int | None = None,
        h2r_weight_initializer: Any = None,
        state_clip_min: float | None = None,
        state_clip_max: float | None = None,
        state_clip_nan: bool = False,
        dtype: Any = "float32",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            hidden_size, num_layers, layout, dropout, bidirectional, input_size, i2h_weight_initializer,
            h2h_weight_initializer, i2h_bias_initializer, h2h_bias_initializer, "lstm", projection_size,
            h2r_weight_initializer, state_clip_min, state_clip_max, state_clip_nan, dtype, **kwargs,
        )  # fmt: skip

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        """The output's state, projected where there is a projection, and the memory."""
        (output,) = super().state_info(batch_size)
        memory = {**output, "shape": (*output["shape"][:2], self._hidden_size)}
        return [output, memory]


class GRU(_RNNLayer):
    """Gated recurrent units."""

    def __init__(
        self,
        hidden_size: int,
        num_layers: int = 1,
        layout: str = "TNC",
        dropout: float = 0,
        bidirectional: bool = False,
        input_size: int = 0,
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        dtype: Any = "float32",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            hidden_size, num_layers, layout, dropout, bidirectional, input_size, i2h_weight_initializer,
            h2h_weight_initializer, i2h_bias_initializer, h2h_bias_initializer, "gru", None, None, None, None, False,
            dtype, **kwargs,
        )  # fmt: skip
