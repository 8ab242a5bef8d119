"""All layers of a recurrent network as one ``RNN`` operator, and its weights taken apart and put together."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NoReturn

from offboard.mxnet import initializer
from offboard.mxnet import ndarray as nd
from offboard.mxnet import symbol as sym
from offboard.mxnet.ndarray.ndarray import NDArray
from offboard.mxnet.rnn.base_cell import BaseRNNCell, RNNParams, Weights, sequence
from offboard.mxnet.rnn.composed_cells import BidirectionalCell, DropoutCell, SequentialRNNCell
from offboard.mxnet.rnn.gated_cells import GRUCell, LSTMCell, RNNCell

__all__ = ["FusedRNNCell"]

_GATES = {"rnn_relu": ("",), "rnn_tanh": ("",), "lstm": ("_i", "_f", "_c", "_o"), "gru": ("_r", "_z", "_o")}


class FusedRNNCell(BaseRNNCell):
    """``num_layers`` layers of a ``mode`` (rnn_relu, rnn_tanh, lstm, gru), which can only be unrolled."""

    def __init__(
        self,
        num_hidden: int,
        num_layers: int = 1,
        mode: str = "lstm",
        bidirectional: bool = False,
        dropout: float = 0.0,
        get_next_state: bool = False,
        forget_bias: float = 1.0,
        prefix: str | None = None,
        params: RNNParams | None = None,
    ) -> None:
        super().__init__(f"{mode}_" if prefix is None else prefix, params)
        self._num_hidden, self._num_layers, self._mode = num_hidden, num_layers, mode
        self._bidirectional, self._dropout, self._get_next_state = bidirectional, dropout, get_next_state
        self._directions = ["l", "r"] if bidirectional else ["l"]
        first = initializer.FusedRNN(None, num_hidden, num_layers, mode, bidirectional, forget_bias)
        self._parameter = self.params.get("parameters", init=first)

    @property
    def state_info(self) -> list[dict[str, Any]]:
        """(layers times directions, batch, num_hidden) each."""
        shape = (len(self._directions) * self._num_layers, 0, self._num_hidden)
        return [{"shape": shape, "__layout__": "LNC"} for _ in range(2 if self._mode == "lstm" else 1)]

    @property
    def _gate_names(self) -> Sequence[str]:
        return _GATES[self._mode]

    @property
    def _num_gates(self) -> int:
        return len(self._gate_names)

    def _parts(self, num_input: int) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Name and shape of each gate's weights and biases, in the order of the one vector that holds them."""
        size = self._num_hidden
        for kind in ("weight", "bias"):
            for layer in range(self._num_layers):
                width = num_input if layer == 0 else len(self._directions) * size
                for direction in self._directions:
                    for group, columns in (("i2h", width), ("h2h", size)):
                        for gate in self._gate_names:
                            shape = (size, columns) if kind == "weight" else (size,)
                            yield f"{self._prefix}{direction}{layer}_{group}{gate}_{kind}", shape

    def _views(self, vector: NDArray, num_input: int) -> Iterator[tuple[str, NDArray]]:
        begin = 0
        for name, shape in self._parts(num_input):
            size = shape[0] * (shape[1] if len(shape) == 2 else 1)
            yield name, vector[begin : begin + size].reshape(shape)
            begin += size
        assert begin == vector.size, "Invalid parameters size for FusedRNNCell"

    def unpack_weights(self, args: Weights) -> dict[str, NDArray]:
        """The weights with the vector of this cell layer by layer and gate by gate."""
        made = dict(args)
        vector = made.pop(str(self._parameter.name))
        directions, gates, size = len(self._directions), self._num_gates, self._num_hidden
        upper = (self._num_layers - 1) * (size + directions * size + 2)
        num_input = vector.size // directions // size // gates - upper - size - 2
        made.update({name: part.copy() for name, part in self._views(vector, num_input)})
        return made

    def pack_weights(self, args: Weights) -> dict[str, NDArray]:
        """The reverse of :meth:`unpack_weights`."""
        made = dict(args)
        first = made[f"{self._prefix}l0_i2h{self._gate_names[0]}_weight"]
        num_input = first.shape[1]
        total = sum(shape[0] * (shape[1] if len(shape) == 2 else 1) for _, shape in self._parts(num_input))
        vector = nd.zeros((total,), dtype=first.dtype)
        for name, part in self._views(vector, num_input):
            part[:] = made.pop(name)
        made[str(self._parameter.name)] = vector
        return made

    def __call__(self, inputs: Any, states: Any) -> NoReturn:
        """Refused: only whole sequences run."""
        raise NotImplementedError("FusedRNNCell cannot be stepped. Please use unroll")

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: Any = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
    ) -> tuple[Any, Any]:
        """(outputs, last states) of one operator; there are states only with ``get_next_state``."""
        self.reset()
        inputs, axis = sequence(length, inputs, layout, True)
        if axis == 1:
            warnings.warn("NTC layout detected. Consider using TNC for FusedRNNCell for faster speed", stacklevel=2)
            inputs = sym.swapaxes(inputs, dim1=0, dim2=1)
        else:
            assert axis == 0, f"Unsupported layout {layout}"
        states = self.begin_state() if begin_state is None else begin_state
        named = dict(zip(("state", "state_cell") if self._mode == "lstm" else ("state",), states, strict=False))
        made = sym.RNN(
            data=inputs,
            parameters=self._parameter,
            state_size=self._num_hidden,
            num_layers=self._num_layers,
            bidirectional=self._bidirectional,
            p=self._dropout,
            state_outputs=self._get_next_state,
            mode=self._mode,
            name=f"{self._prefix}rnn",
            **named,
        )
        outputs, last = made, []
        if self._get_next_state:
            outputs, last = made[0], [made[number + 1] for number in range(len(named))]
            for state in last:
                state._set_attr(__layout__="LNC")
        if axis == 1:
            outputs = sym.swapaxes(outputs, dim1=0, dim2=1)
        return sequence(length, outputs, layout, merge_outputs)[0], last

    def unfuse(self) -> SequentialRNNCell:
        """The same network of cells that can be stepped; ``unpack_weights`` gives the weights for it."""
        kinds: dict[str, Callable[[str], BaseRNNCell]] = {
            "rnn_relu": lambda prefix: RNNCell(self._num_hidden, activation="relu", prefix=prefix),
            "rnn_tanh": lambda prefix: RNNCell(self._num_hidden, activation="tanh", prefix=prefix),
            "lstm": lambda prefix: LSTMCell(self._num_hidden, prefix=prefix),
            "gru": lambda prefix: GRUCell(self._num_hidden, prefix=prefix),
        }
        made, stack = kinds[self._mode], SequentialRNNCell()
        for layer in range(self._num_layers):
            cells = [made(f"{self._prefix}{direction}{layer}_") for direction in self._directions]
            if self._bidirectional:
                stack.add(BidirectionalCell(cells[0], cells[1], output_prefix=f"{self._prefix}bi_l{layer}_"))
            else:
                stack.add(cells[0])
            if self._dropout > 0 and layer != self._num_layers - 1:
                stack.add(DropoutCell(self._dropout, prefix=f"{self._prefix}_dropout{layer}_"))
        return stack
