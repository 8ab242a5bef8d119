"""What trains is refused with the rule's text."""

from collections.abc import Callable
from typing import Any

import pytest

import offboard.mxnet as mx
from offboard import rules
from offboard.errors import InferenceOnlyError

X = mx.nd.ones((2,))
CALLS: dict[str, Callable[[], Any]] = {
    "gluon.Trainer": lambda: mx.gluon.Trainer({}, "sgd", {"learning_rate": 0.1}),
    "autograd.backward": lambda: mx.autograd.backward([X]),
    "autograd.grad": lambda: mx.autograd.grad(X, [X]),
    "autograd.mark_variables": lambda: mx.autograd.mark_variables([X], [X]),
    "autograd.get_symbol": lambda: mx.autograd.get_symbol(X),
    "clip_global_norm": lambda: mx.gluon.utils.clip_global_norm([X], 1.0),
}


@pytest.mark.parametrize("operation", CALLS)
def test_refused(operation: str) -> None:
    with pytest.raises(InferenceOnlyError) as refused:
        CALLS[operation]()
    assert str(refused.value) == rules.text("inference_only_cpu", operation=operation)


def test_scopes() -> None:
    states = []

    def note() -> None:
        states.append((mx.autograd.is_recording(), mx.autograd.is_training()))

    with mx.autograd.record():
        note()
        with mx.autograd.pause():
            note()
            with mx.autograd.train_mode():
                note()
        with mx.autograd.predict_mode():
            note()
        with pytest.raises(ZeroDivisionError), mx.autograd.pause():
            _ = 1 / 0
        note()
    note()
    assert states == [(True, True), (False, False), (False, True), (True, False), (True, True), (False, False)]
    assert mx.autograd.set_training(True) is False
    assert mx.autograd.set_training(False) is True
    assert mx.autograd.set_recording(True) is False
    assert mx.autograd.set_recording(False) is True


def test_a_function_of_its_own_runs_forward() -> None:
    class Double(mx.autograd.Function):
        def forward(self, x: mx.nd.NDArray) -> mx.nd.NDArray:
            assert not mx.autograd.is_training()
            self.save_for_backward(x)
            return x * 2

    double = Double()
    with mx.autograd.record():
        assert double(X).asnumpy().tolist() == [2, 2]
    assert double.saved_tensors[0] is X
