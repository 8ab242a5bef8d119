"""An LSTM with a projection, and dropout with one mask for a whole sequence."""

from __future__ import annotations

from typing import Any

from offboard.mxnet.gluon.parameter import tensor_types
from offboard.mxnet.gluon.parameter_dict import ParameterDict
from offboard.mxnet.gluon.rnn.base_cell import HybridRecurrentCell, first_states
from offboard.mxnet.gluon.rnn.rnn_cell import BidirectionalCell, ModifierCell
from offboard.mxnet.gluon.rnn.sequences import in_form, masked, namespace_of, time_axis

__all__ = ["LSTMPCell", "VariationalDropoutCell"]


class VariationalDropoutCell(ModifierCell):
    """Gal and Ghahramani (2016): in training scopes the same inputs, states and outputs are dropped at every step."""

    def __init__(
        self, base_cell: Any, drop_inputs: float = 0.0, drop_states: float = 0.0, drop_outputs: float = 0.0
    ) -> None:
        assert not drop_states or not isinstance(base_cell, BidirectionalCell), (
            "BidirectionalCell doesn't support variational state dropout. Please add VariationalDropoutCell to the "
            "cells underneath instead."
        )
        super().__init__(base_cell)
        self.drop_inputs, self.drop_states, self.drop_outputs = drop_inputs, drop_states, drop_outputs
        self._masks: dict[str, Any] = {}

    def _alias(self) -> str:
        return "vardrop"

    def reset(self) -> None:
        """Begins a new sequence: other masks are drawn."""
        super().reset()
        self._masks = {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}(p_out = {self.drop_outputs}, p_state = {self.drop_states})"

    def _dropped(self, F: Any, kind: str, share: float, data: Any) -> Any:
        if not share:
            return data
        if kind not in self._masks:
            self._masks[kind] = F.Dropout(F.ones_like(data), p=share)
        return data * self._masks[kind]

    def hybrid_forward(self, F: Any, inputs: Any, states: Any) -> Any:
        """One step; of the states the first one is dropped."""
        first = self._dropped(F, "states", self.drop_states, states[0])
        inputs = self._dropped(F, "inputs", self.drop_inputs, inputs)
        output, following = self.base_cell(inputs, [first, *states[1:]])
        return self._dropped(F, "outputs", self.drop_outputs, output), following

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: Any = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
        valid_length: Any = None,
    ) -> tuple[Any, Any]:
        """All steps at once unless states are dropped."""
        if self.drop_states:
            return super().unroll(length, inputs, begin_state, layout, merge_outputs, valid_length)
        self.reset()
        axis, F = time_axis(layout), namespace_of(inputs)
        states = first_states(self, begin_state, inputs, layout)
        inputs = in_form(length, inputs, layout, True)
        if self.drop_inputs:
            inputs = F.Dropout(inputs, p=self.drop_inputs, axes=(axis,))
        outputs, last = self.base_cell.unroll(length, inputs, states, layout, True, valid_length)
        if self.drop_outputs:
            outputs = F.Dropout(outputs, p=self.drop_outputs, axes=(axis,))
        merge = isinstance(outputs, tensor_types) if merge_outputs is None else merge_outputs
        outputs = in_form(length, outputs, layout, merge)
        if valid_length is not None:
            outputs = masked(F, outputs, length, valid_length, axis, merge)
        return outputs, last


class LSTMPCell(HybridRecurrentCell):
    """Sak et al. (2014): the output and first state are a projection of the hidden state."""

    def __init__(
        self,
        hidden_size: int,
        projection_size: int,
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        h2r_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        input_size: int = 0,
        prefix: str | None = None,
        params: ParameterDict | None = None,
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        self._hidden_size, self._input_size, self._projection_size = hidden_size, input_size, projection_size
        rows = 4 * hidden_size

        def parameter(name: str, shape: tuple[int, ...], init: Any) -> Any:
            return self.params.get(name, shape=shape, init=init, allow_deferred_init=True)

        self.i2h_weight = parameter("i2h_weight", (rows, input_size), i2h_weight_initializer)
        self.h2h_weight = parameter("h2h_weight", (rows, projection_size), h2h_weight_initializer)
        self.h2r_weight = parameter("h2r_weight", (projection_size, hidden_size), h2r_weight_initializer)
        self.i2h_bias = parameter("i2h_bias", (rows,), i2h_bias_initializer)
        self.h2h_bias = parameter("h2h_bias", (rows,), h2h_bias_initializer)

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        """(batch, projection) and (batch, hidden)."""
        sizes = self._projection_size, self._hidden_size
        return [{"shape": (batch_size, size), "__layout__": "NC"} for size in sizes]

    def _alias(self) -> str:
        return "lstmp"

    def __repr__(self) -> str:
        rows, columns = self.i2h_weight.shape
        return f"{type(self).__name__}({columns or None} -> {rows} -> {self._projection_size})"

    def hybrid_forward(
        self,
        F: Any,
        inputs: Any,
        states: Any,
        i2h_weight: Any,
        h2h_weight: Any,
        h2r_weight: Any,
        i2h_bias: Any,
        h2h_bias: Any,
    ) -> Any:
        """One step."""
        name, rows = f"t{self._counter}_", 4 * self._hidden_size
        i2h = F.FullyConnected(data=inputs, weight=i2h_weight, bias=i2h_bias, num_hidden=rows, name=f"{name}i2h")
        h2h = F.FullyConnected(data=states[0], weight=h2h_weight, bias=h2h_bias, num_hidden=rows, name=f"{name}h2h")
        parts = F.SliceChannel(i2h + h2h, num_outputs=4, name=f"{name}slice")
        taken, kept, new, shown = (
            F.Activation(part, act_type=kind, name=f"{name}{gate}")
            for part, kind, gate in zip(parts, ("sigmoid", "sigmoid", "tanh", "sigmoid"), "ifco", strict=True)
        )
        state = F.elemwise_add(kept * states[1], taken * new, name=f"{name}state")
        hidden = F.elemwise_mul(shown, F.Activation(state, act_type="tanh"), name=f"{name}hidden")
        size = self._projection_size
        output = F.FullyConnected(data=hidden, num_hidden=size, weight=h2r_weight, no_bias=True, name=f"{name}out")
        return output, [output, state]
