"""Schedules of learning rates: values and refusals of real MXNet 1.9.1."""

from collections.abc import Callable

import pytest

from offboard.mxnet import lr_scheduler
from offboard.mxnet.lr_scheduler import (
    CosineScheduler,
    FactorScheduler,
    LRScheduler,
    MultiFactorScheduler,
    PolyScheduler,
)


@pytest.mark.parametrize(
    ("schedule", "rates"),
    [
        (FactorScheduler(2, 0.5, 0.3, base_lr=1.0), {1: 1.0, 2: 1.0, 3: 0.5, 4: 0.5, 5: 0.3, 90: 0.3}),
        (MultiFactorScheduler([2, 5], 0.5, base_lr=1.0), {2: 1.0, 3: 0.5, 5: 0.5, 6: 0.25}),
        (PolyScheduler(4, base_lr=1.0, pwr=2, final_lr=0.5), {0: 1.0, 2: 0.625, 4: 0.5, 9: 0.5}),
        (CosineScheduler(4, base_lr=1.0, final_lr=0.5), {0: 1.0, 2: 0.75, 4: 0.5, 9: 0.5}),
        (CosineScheduler(6, base_lr=1.0, warmup_steps=2, warmup_begin_lr=0.5), {0: 0.5, 1: 0.75, 2: 1.0, 4: 0.5}),
        (PolyScheduler(6, 1.0, warmup_steps=2, warmup_begin_lr=0.5, warmup_mode="constant"), {0: 0.5, 1: 0.5, 2: 1.0}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_rates(schedule: LRScheduler, rates: dict[int, float]) -> None:
    assert {update: schedule(update) for update in rates} == pytest.approx(rates)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: LRScheduler(0.1, warmup_begin_lr=0.2), "Base lr has to be higher than warmup_begin_lr"),
        (lambda: LRScheduler(warmup_steps=-1), "Warmup steps has to be positive or 0"),
        (lambda: LRScheduler(warmup_mode="cubic"), "Supports only linear and constant modes of warmup"),
        (lambda: FactorScheduler(0), "greater or equal than 1 round"),
        (lambda: FactorScheduler(1, 1.5), "Factor must be no more than 1"),
        (lambda: MultiFactorScheduler([2, 2]), "must be an increasing integer list"),
        (lambda: MultiFactorScheduler([0]), "greater or equal than 1 round"),
        (lambda: MultiFactorScheduler([1], 1.5), "Factor must be no more than 1"),
        (lambda: PolyScheduler(0), "must be strictly positive"),
    ],
)
def test_refusals(make: Callable[[], LRScheduler], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        make()


def test_a_schedule_of_the_program_s_own() -> None:
    class Halving(lr_scheduler.LRScheduler):
        def __call__(self, num_update: int) -> float:
            return self.base_lr / 2**num_update

    assert Halving(base_lr=8)(3) == 1
    with pytest.raises(NotImplementedError):
        LRScheduler()(1)
