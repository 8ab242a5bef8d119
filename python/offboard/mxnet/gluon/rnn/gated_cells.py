"""The plain recurrent cell, LSTM and GRU."""

from __future__ import annotations

from typing import Any

from offboard.mxnet.gluon.basic_parameter import Parameter
from offboard.mxnet.gluon.parameter_dict import ParameterDict
from offboard.mxnet.gluon.rnn.base_cell import HybridRecurrentCell, activated

__all__ = ["GRUCell", "LSTMCell", "RNNCell"]


class _GatedCell(HybridRecurrentCell):
    """Weights from the input and from the state, for ``_GATES`` gates side by side."""

    _GATES: int
    _STATES = 1

    def __init__(
        self,
        hidden_size: int,
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        input_size: int = 0,
        prefix: str | None = None,
        params: ParameterDict | None = None,
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        self._hidden_size, self._input_size = hidden_size, input_size
        rows = self._GATES * hidden_size
        self.i2h_weight = self._parameter("i2h_weight", (rows, input_size), i2h_weight_initializer)
        self.h2h_weight = self._parameter("h2h_weight", (rows, hidden_size), h2h_weight_initializer)
        self.i2h_bias = self._parameter("i2h_bias", (rows,), i2h_bias_initializer)
        self.h2h_bias = self._parameter("h2h_bias", (rows,), h2h_bias_initializer)

    def _parameter(self, name: str, shape: tuple[int, ...], init: Any) -> Parameter:
        return self.params.get(name, shape=shape, init=init, allow_deferred_init=True)

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        """Each state is (batch, hidden)."""
        return [{"shape": (batch_size, self._hidden_size), "__layout__": "NC"} for _ in range(self._STATES)]

    def _alias(self) -> str:
        return type(self).__name__.removesuffix("Cell").lower()

    def _projected(
        self, F: Any, inputs: Any, states: Any, i2h_weight: Any, h2h_weight: Any, i2h_bias: Any, h2h_bias: Any
    ) -> tuple[Any, Any, str]:
        """What input and state give to the gates, and the prefix of this step's names."""
        prefix, rows = f"t{self._counter}_", self._GATES * self._hidden_size
        i2h = F.FullyConnected(data=inputs, weight=i2h_weight, bias=i2h_bias, num_hidden=rows, name=f"{prefix}i2h")
        h2h = F.FullyConnected(data=states[0], weight=h2h_weight, bias=h2h_bias, num_hidden=rows, name=f"{prefix}h2h")
        return i2h, h2h, prefix

    def _mapping(self) -> str:
        assert self.i2h_weight.shape is not None
        rows, columns = self.i2h_weight.shape
        return f"{columns or None} -> {rows}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._mapping()})"


class RNNCell(_GatedCell):
    """Elman (1990): ``activation(W x + U h + b)``."""

    _GATES = 1

    def __init__(
        self,
        hidden_size: int,
        activation: Any = "tanh",
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        input_size: int = 0,
        prefix: str | None = None,
        params: ParameterDict | None = None,
    ) -> None:
        super().__init__(
            hidden_size, i2h_weight_initializer, h2h_weight_initializer, i2h_bias_initializer, h2h_bias_initializer,
            input_size, prefix, params,
        )  # fmt: skip
        self._activation = activation

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._mapping()}, {self._activation})"

    def hybrid_forward(self, F: Any, inputs: Any, states: Any, **parameters: Any) -> Any:
        """One step."""
        i2h, h2h, prefix = self._projected(F, inputs, states, **parameters)
        output = activated(F, F.elemwise_add(i2h, h2h, name=f"{prefix}plus0"), self._activation, name=f"{prefix}out")
        return output, [output]


class LSTMCell(_GatedCell):
    """Hochreiter and Schmidhuber (1997); gates in the order input, forget, transform, output."""

    _GATES, _STATES = 4, 2

    def __init__(
        self,
        hidden_size: int,
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        input_size: int = 0,
        prefix: str | None = None,
        params: ParameterDict | None = None,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
    ) -> None:
        super().__init__(
            hidden_size, i2h_weight_initializer, h2h_weight_initializer, i2h_bias_initializer, h2h_bias_initializer,
            input_size, prefix, params,
        )  # fmt: skip
        self._activation, self._recurrent_activation = activation, recurrent_activation

    def hybrid_forward(self, F: Any, inputs: Any, states: Any, **parameters: Any) -> Any:
        """One step."""
        i2h, h2h, prefix = self._projected(F, inputs, states, **parameters)
        gates = F.elemwise_add(i2h, h2h, name=f"{prefix}plus0")
        parts = F.SliceChannel(gates, num_outputs=4, name=f"{prefix}slice")
        inner, gate = self._activation, self._recurrent_activation
        kinds = (("i", gate), ("f", gate), ("c", inner), ("o", gate))
        entering, forgetting, transformed, leaving = (
            activated(F, part, kind, name=f"{prefix}{name}") for part, (name, kind) in zip(parts, kinds, strict=True)
        )
        kept = F.elemwise_mul(forgetting, states[1], name=f"{prefix}mul0")
        added = F.elemwise_mul(entering, transformed, name=f"{prefix}mul1")
        memory = F.elemwise_add(kept, added, name=f"{prefix}state")
        shown = F.Activation(memory, act_type=inner, name=f"{prefix}activation0")
        output = F.elemwise_mul(leaving, shown, name=f"{prefix}out")
        return output, [output, memory]


class GRUCell(_GatedCell):
    """Cho et al. (2014), the reset applied after the matrix product; gates in the order reset, update, new."""

    _GATES = 3

    def hybrid_forward(self, F: Any, inputs: Any, states: Any, **parameters: Any) -> Any:
        """One step."""
        i2h, h2h, prefix = self._projected(F, inputs, states, **parameters)
        i2h_r, i2h_z, i2h_n = F.SliceChannel(i2h, num_outputs=3, name=f"{prefix}i2h_slice")
        h2h_r, h2h_z, h2h_n = F.SliceChannel(h2h, num_outputs=3, name=f"{prefix}h2h_slice")
        reset = F.elemwise_add(i2h_r, h2h_r, name=f"{prefix}plus0")
        reset = F.Activation(reset, act_type="sigmoid", name=f"{prefix}r_act")
        update = F.elemwise_add(i2h_z, h2h_z, name=f"{prefix}plus1")
        update = F.Activation(update, act_type="sigmoid", name=f"{prefix}z_act")
        new = F.elemwise_add(i2h_n, F.elemwise_mul(reset, h2h_n, name=f"{prefix}mul0"), name=f"{prefix}plus2")
        new = F.Activation(new, act_type="tanh", name=f"{prefix}h_act")
        ones = F.ones_like(update, name=f"{prefix}ones_like0")
        share = F.elemwise_sub(ones, update, name=f"{prefix}minus0")
        added = F.elemwise_mul(share, new, name=f"{prefix}mul1")
        kept = F.elemwise_mul(update, states[0], name=f"{prefix}mul20")
        output = F.elemwise_add(added, kept, name=f"{prefix}out")
        return output, [output]
