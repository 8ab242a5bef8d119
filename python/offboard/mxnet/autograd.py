"""``mx.autograd``: scopes choose between the training and the inference meaning of operators; gradients are refused.

``record()`` and ``train_mode()`` make operators run as in training (Dropout drops, BatchNorm uses the batch's own
statistics). The state belongs to the thread.
"""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Any, NoReturn

from offboard import rules
from offboard.errors import InferenceOnlyError

__all__ = [
    "Function", "backward", "get_symbol", "grad", "is_recording", "is_training", "mark_variables", "pause",
    "predict_mode", "record", "set_recording", "set_training", "train_mode",
]  # fmt: skip


class _State(threading.local):
    recording = False
    training = False


_STATE = _State()


def is_recording() -> bool:
    """Whether this thread is in a ``record`` scope."""
    return _STATE.recording


def is_training() -> bool:
    """Whether operators have their training meaning in this thread."""
    return _STATE.training


def set_recording(is_recording: bool) -> bool:
    """Sets the state and returns the former one."""
    former, _STATE.recording = _STATE.recording, bool(is_recording)
    return former


def set_training(train_mode: bool) -> bool:
    """Sets the state and returns the former one."""
    former, _STATE.training = _STATE.training, bool(train_mode)
    return former


class _Scope:
    """Sets what is not None, and puts back what was there."""

    def __init__(self, recording: bool | None, training: bool | None) -> None:
        self._wanted = recording, training
        self._former: list[tuple[bool, bool]] = []

    def __enter__(self) -> None:
        self._former.append((_STATE.recording, _STATE.training))
        recording, training = self._wanted
        if recording is not None:
            _STATE.recording = recording
        if training is not None:
            _STATE.training = training

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _STATE.recording, _STATE.training = self._former.pop()


def record(train_mode: bool = True) -> _Scope:
    """A scope that runs forward as training does; what it computes has no gradients."""
    return _Scope(True, train_mode)


def pause(train_mode: bool = False) -> _Scope:
    """A scope within ``record`` that is not recorded."""
    return _Scope(False, train_mode)


def train_mode() -> _Scope:
    """A scope in which operators have their training meaning."""
    return _Scope(None, True)


def predict_mode() -> _Scope:
    """A scope in which operators have their inference meaning."""
    return _Scope(None, False)


def _refused(operation: str) -> InferenceOnlyError:
    return InferenceOnlyError(rules.text("inference_only_cpu", operation=f"autograd.{operation}"))


def mark_variables(variables: Any, gradients: Any, grad_reqs: Any = "write") -> NoReturn:
    """Refused: inference only."""
    raise _refused("mark_variables")


def backward(heads: Any, head_grads: Any = None, retain_graph: bool = False, train_mode: bool = True) -> NoReturn:
    """Refused: inference only."""
    raise _refused("backward")


def grad(
    heads: Any,
    variables: Any,
    head_grads: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    train_mode: bool = True,
) -> NoReturn:
    """Refused: inference only."""
    raise _refused("grad")


def get_symbol(x: Any) -> NoReturn:
    """Refused: nothing is recorded that a symbol could be made of."""
    raise _refused("get_symbol")


class Function:
    """A computation with a gradient of its own: its ``forward`` runs, its ``backward`` never does."""

    def __init__(self) -> None:
        self._saved: tuple[Any, ...] = ()

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What ``forward`` saved."""
        return self._saved

    def save_for_backward(self, *args: Any) -> None:
        """Keeps arrays."""
        self._saved = args

    def __call__(self, *inputs: Any) -> Any:
        """Runs ``forward``."""
        with pause():
            return self.forward(*inputs)

    def forward(self, *inputs: Any) -> Any:
        """The computation, by a subclass."""
        raise NotImplementedError

    def backward(self, *output_grads: Any) -> Any:
        """The gradient, by a subclass."""
        raise NotImplementedError
