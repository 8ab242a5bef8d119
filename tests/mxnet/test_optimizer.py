"""Optimizers, which can be made and asked, as real MXNet 1.9.1 answers, and take no steps."""

import logging
from typing import Any

import pytest

import offboard.mxnet as mx
from offboard.errors import InferenceOnlyError
from offboard.mxnet import optimizer


@pytest.mark.parametrize(
    ("name", "given", "attributes"),
    [
        ("sgd", {}, {"lr": 0.01, "momentum": 0.0, "lazy_update": True, "wd": 0.0, "rescale_grad": 1.0}),
        ("SGD", {"learning_rate": 0.1, "momentum": 0.9, "wd": 1e-4}, {"lr": 0.1, "momentum": 0.9, "wd": 1e-4}),
        ("adam", {"beta1": 0.5}, {"lr": 0.001, "beta1": 0.5, "beta2": 0.999, "epsilon": 1e-8}),
        ("adagrad", {"eps": 1e-3}, {"lr": 0.01, "float_stable_eps": 1e-3}),
        ("lbsgd", {"multi_precision": True}, {"multi_precision": True, "warmup_strategy": "linear"}),
    ],
)
def test_what_was_given_can_be_asked(name: str, given: dict[str, Any], attributes: dict[str, Any]) -> None:
    made = optimizer.create(name, **given)
    assert {key: getattr(made, key) for key in attributes} == attributes


def test_parameters_by_position() -> None:
    assert mx.optimizer.Adam(0.5, 0.1).beta1 == 0.1
    with pytest.raises(TypeError, match="unexpected keyword argument 'nope'"):
        mx.optimizer.SGD(nope=1)
    with pytest.raises(ValueError, match="Cannot find optimizer nope"):
        mx.optimizer.create("nope")


def test_the_schedule_sets_the_rate(caplog: pytest.LogCaptureFixture) -> None:
    schedule = mx.lr_scheduler.FactorScheduler(5, 0.1, base_lr=0.3)
    assert mx.optimizer.SGD(lr_scheduler=schedule).learning_rate == 0.3
    with caplog.at_level(logging.WARNING):
        made = mx.optimizer.SGD(lr_scheduler=schedule, learning_rate=0.2)
    assert made.learning_rate == schedule.base_lr == 0.2
    assert "0.2" in caplog.text
    with pytest.raises(UserWarning, match="LRScheduler of the optimizer has already been defined"):
        made.set_learning_rate(1)


def test_factors_by_parameter() -> None:
    symbol = mx.sym.FullyConnected(mx.sym.var("x"), mx.sym.var("w", lr_mult=3, wd_mult=2), num_hidden=2, name="fc")
    made = mx.optimizer.SGD(param_idx2name={0: "fc_bias", 1: "fc_weight"}, sym=symbol)
    assert made.wd_mult == {"fc_bias": 0.0, "w": 2.0}
    assert made.lr_mult == {"w": 3.0}
    made.set_lr_mult({"w": 5.0})
    assert made.lr_mult == {"w": 5.0}


def test_a_program_s_own() -> None:
    @mx.optimizer.register
    class Still(mx.optimizer.SGD):
        def __init__(self, learning_rate: float = 1.0) -> None:
            mx.optimizer.SGD.__init__(self, learning_rate=learning_rate, momentum=0.5)

    try:
        made = mx.optimizer.create("still")
        assert (made.lr, made.momentum) == (1.0, 0.5)
    finally:
        mx.registry._CLASSES[mx.optimizer.Optimizer].pop("still")


def test_steps_are_refused() -> None:
    made = mx.optimizer.Adam()
    with pytest.raises(InferenceOnlyError, match=r"mx.optimizer.Adam.update"):
        made.update(0, None, None, None)
    with pytest.raises(InferenceOnlyError, match=r"mx.optimizer.Adam.create_state"):
        made.create_state(0, None)


def test_a_module_takes_one_and_does_not_update() -> None:
    module = mx.mod.Module(mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=2), label_names=None)
    module.bind([("data", (1, 3))])
    module.init_params()
    module.init_optimizer(optimizer="adam", optimizer_params={"learning_rate": 0.1})
    assert module.optimizer_initialized
    module.forward(mx.io.DataBatch([mx.nd.ones((1, 3))]), is_train=False)
    assert module.get_outputs()[0].shape == (1, 2)
    with pytest.raises(InferenceOnlyError, match="update"):
        module.update()
