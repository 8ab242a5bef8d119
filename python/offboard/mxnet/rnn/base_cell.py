"""What the symbolic recurrent cells have in common: parameters, states, unrolling, and weights gate by gate."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from offboard.mxnet import ndarray as nd
from offboard.mxnet import symbol as sym
from offboard.mxnet.ndarray.ndarray import NDArray
from offboard.mxnet.symbol.symbol import Symbol

__all__ = ["MODIFIED", "BaseRNNCell", "RNNParams", "Weights", "sequence"]

Weights = Mapping[str, NDArray]

MODIFIED = (
    "After applying modifier cells (e.g. DropoutCell) the base cell cannot be called directly. Call the modifier "
    "cell instead."
)


def sequence(length: int | None, inputs: Any, layout: str, merge: bool | None) -> tuple[Any, int]:
    """One symbol or a list of one a step, as ``merge`` says (None: as it comes), and the axis of time."""
    assert inputs is not None, "unroll(inputs=None) has been deprecated. Please create input variables outside unroll."
    axis = layout.find("T")
    if isinstance(inputs, Symbol):
        if merge is False:
            assert len(inputs.list_outputs()) == 1, (
                "unroll doesn't allow grouped symbol as input. Please convert to list with list(inputs) first or let "
                "unroll handle splitting."
            )
            inputs = list(sym.split(inputs, axis=axis, num_outputs=length, squeeze_axis=1))
        return inputs, axis
    assert length is None or len(inputs) == length
    if merge is True:
        inputs = sym.Concat(*(sym.expand_dims(each, axis=axis) for each in inputs), dim=axis)
    return inputs, axis


class RNNParams:
    """The variables of cells by name, which cells may share."""

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix
        self._params: dict[str, Symbol] = {}

    def get(self, name: str, **kwargs: Any) -> Symbol:
        """The variable of a name after the prefix, made when it is first asked for."""
        full = self._prefix + name
        if full not in self._params:
            self._params[full] = sym.Variable(full, **kwargs)
        return self._params[full]


class BaseRNNCell:
    """One step: ``output, states = cell(input, states)``, each input (batch, features)."""

    _num_hidden: int

    def __init__(self, prefix: str = "", params: RNNParams | None = None) -> None:
        self._own_params = params is None
        self._prefix = prefix
        self._params = RNNParams(prefix) if params is None else params
        self._modified = False
        self._cells: list[BaseRNNCell] = []
        self.reset()

    def reset(self) -> None:
        """Begins a new sequence: names count from 0 again."""
        self._init_counter = -1
        self._counter = -1
        for cell in self._cells:
            cell.reset()

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> tuple[Symbol, list[Symbol]]:
        """One step."""
        raise NotImplementedError

    @property
    def params(self) -> RNNParams:
        """The variables, from then on shared."""
        self._own_params = False
        return self._params

    @property
    def state_info(self) -> list[dict[str, Any]]:
        """Shape and layout of each state; a 0 is the batch."""
        raise NotImplementedError

    @property
    def state_shape(self) -> list[tuple[int, ...]]:
        """Shape of each state."""
        return [each["shape"] for each in self.state_info]

    @property
    def _gate_names(self) -> Sequence[str]:
        return ()

    def begin_state(self, func: Callable[..., Any] = sym.zeros, **kwargs: Any) -> list[Any]:
        """States to begin with, as ``func`` makes them: zeros, or ``mx.sym.Variable`` to feed them."""
        assert not self._modified, MODIFIED
        states = []
        for info in self.state_info:
            self._init_counter += 1
            states.append(func(name=f"{self._prefix}begin_state_{self._init_counter}", **{**kwargs, **info}))
        return states

    def unpack_weights(self, args: Weights) -> dict[str, NDArray]:
        """The weights with those of this cell gate by gate, as they stand in checkpoints."""
        made = dict(args)
        gates, size = self._gate_names, len(self._gate_names) and self._num_hidden
        for group in ("i2h", "h2h") if gates else ():
            for kind in ("weight", "bias"):
                packed = made.pop(f"{self._prefix}{group}_{kind}")
                for number, gate in enumerate(gates):
                    rows = packed[number * size : (number + 1) * size]
                    made[f"{self._prefix}{group}{gate}_{kind}"] = rows.copy()
        return made

    def pack_weights(self, args: Weights) -> dict[str, NDArray]:
        """The reverse of :meth:`unpack_weights`, as cells use them."""
        made = dict(args)
        for group in ("i2h", "h2h") if self._gate_names else ():
            for kind in ("weight", "bias"):
                parts = [made.pop(f"{self._prefix}{group}{gate}_{kind}") for gate in self._gate_names]
                made[f"{self._prefix}{group}_{kind}"] = nd.concatenate(parts)
        return made

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: Any = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
    ) -> tuple[Any, Any]:
        """(outputs, last states) of ``length`` steps; the outputs are one symbol, or a list of one a step.

        ``inputs`` is a symbol in ``layout`` or a list of one a step.
        """
        self.reset()
        steps, _ = sequence(length, inputs, layout, False)
        states = self.begin_state() if begin_state is None else begin_state
        outputs = []
        for number in range(length):
            output, states = self(steps[number], states)
            outputs.append(output)
        return sequence(length, outputs, layout, merge_outputs)[0], states

    def _get_activation(self, inputs: Symbol, activation: Any, **kwargs: Any) -> Symbol:
        made: Symbol = (
            sym.Activation(inputs, act_type=activation, **kwargs)
            if isinstance(activation, str)
            else activation(inputs, **kwargs)
        )
        return made
