"""What recurrent cells have in common: states, steps, and unrolling over a sequence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from offboard.mxnet import ndarray as nd
from offboard.mxnet.gluon.basic_block import Block
from offboard.mxnet.gluon.hybrid_block import HybridBlock
from offboard.mxnet.gluon.nn.activations import LeakyReLU
from offboard.mxnet.gluon.parameter_dict import ParameterDict
from offboard.mxnet.gluon.rnn.sequences import batch_size_of, in_form, masked, namespace_of, steps, time_axis

__all__ = ["HybridRecurrentCell", "RecurrentCell", "activated", "first_states"]

MODIFIED = (
    "After applying modifier cells (e.g. ZoneoutCell) the base cell cannot be called directly. Call the modifier "
    "cell instead."
)


def first_states(cell: RecurrentCell, begin_state: Any, inputs: Any, layout: str) -> Any:
    """The states given, or zeros for the batch."""
    if begin_state is not None:
        return begin_state
    return cell.begin_state(func=namespace_of(inputs).zeros, batch_size=batch_size_of(inputs, layout))


def activated(F: Any, inputs: Any, activation: Any, **kwargs: Any) -> Any:
    """An activation by name, or a block."""
    if activation in ("tanh", "relu", "sigmoid", "softsign"):
        return getattr(F, activation)(inputs, **kwargs)
    if isinstance(activation, str):
        return F.Activation(inputs, act_type=activation, **kwargs)
    if isinstance(activation, LeakyReLU):
        return F.LeakyReLU(inputs, act_type="leaky", slope=activation._alpha, **kwargs)
    return activation(inputs, **kwargs)


class RecurrentCell(Block):
    """One step: ``output, states = cell(input, states)``."""

    def __init__(self, prefix: str | None = None, params: ParameterDict | None = None) -> None:
        super().__init__(prefix=prefix, params=params)
        self._modified = False
        self.reset()

    def reset(self) -> None:
        """Begins a new sequence: names count from 0 again."""
        self._init_counter = -1
        self._counter = -1
        for cell in self._children.values():
            if isinstance(cell, RecurrentCell):
                cell.reset()

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        """Shape and layout of each state."""
        raise NotImplementedError

    def begin_state(self, batch_size: int = 0, func: Callable[..., Any] = nd.zeros, **kwargs: Any) -> list[Any]:
        """States to begin with: zeros, or what ``func`` makes."""
        assert not self._modified, MODIFIED
        made = []
        for info in self.state_info(batch_size):
            self._init_counter += 1
            made.append(func(name=f"{self._prefix}begin_state_{self._init_counter}", **{**info, **kwargs}))
        return made

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: Any = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
        valid_length: Any = None,
    ) -> tuple[Any, Any]:
        """(outputs, states) over ``length`` steps; of each sample the first ``valid_length`` count."""
        self.reset()
        assert inputs is not None, (
            "unroll(inputs=None) has been deprecated. Please create input variables outside unroll."
        )
        F, axis = namespace_of(inputs), time_axis(layout)
        states = first_states(self, begin_state, inputs, layout)
        outputs, history = [], []
        for step in steps(length, inputs, layout)[:length]:
            output, states = self(step, states)
            outputs.append(output)
            history.append(states)
        if valid_length is None:
            return in_form(length, outputs, layout, merge_outputs), states
        last = [
            F.SequenceLast(F.stack(*each, axis=0), sequence_length=valid_length, use_sequence_length=True, axis=0)
            for each in zip(*history, strict=True)
        ]
        made = masked(F, outputs, length, valid_length, axis, True)
        return in_form(length, made, layout, merge_outputs), last

    def forward(self, inputs: Any, states: Any) -> Any:
        """One step."""
        self._counter += 1
        return super().forward(inputs, states)


class HybridRecurrentCell(RecurrentCell, HybridBlock):
    """A cell that may be a graph."""

    def hybrid_forward(self, *args: Any, **kwargs: Any) -> Any:
        """One step, by a subclass."""
        raise NotImplementedError
