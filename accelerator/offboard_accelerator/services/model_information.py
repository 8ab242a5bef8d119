"""What may be asked of a model beyond its metadata: configuration and statistics, as Triton's clients know them."""

from __future__ import annotations

from typing import Any

from offboard.wire import inference as oip
from offboard.wire.datatype import datatype_of
from offboard_accelerator.executors import Executor

__all__ = ["PLATFORM", "configuration", "statistics"]

PLATFORM = "onnxruntime_onnx"


def configuration(executor: Executor) -> oip.ModelConfig:
    """Inputs and outputs with all their dimensions; nothing is batched behind the caller's back."""
    made = oip.ModelConfig(
        name=executor.name,
        platform=PLATFORM,
        backend="onnxruntime",
        model_transaction_policy=oip.ModelTransactionPolicy(decoupled=False),
    )
    for target, specs in ((made.input, executor.inputs), (made.output, executor.outputs)):
        for spec in specs:
            target.add(name=spec.name, data_type=_data_type(spec.dtype), dims=spec.shape)
    return made


def statistics(executor: Executor) -> oip.ModelStatistics:
    """Counts and durations since the model was bound."""
    totals = executor.totals
    count, spent = totals.forwards, totals.spent
    return oip.ModelStatistics(
        name=executor.name,
        version=executor.version,
        last_inference=totals.last_ms,
        inference_count=count,
        execution_count=count,
        inference_stats=oip.InferStatistics(
            success=_duration(count, spent.total_us),
            fail=_duration(totals.failures, totals.failed_us),
            queue=_duration(count, spent.queue_us),
            compute_input=_duration(count, spent.input_us),
            compute_infer=_duration(count, spent.compute_us),
            compute_output=_duration(count, spent.output_us),
        ),
    )


def _data_type(dtype: Any) -> int:
    number: int = getattr(oip, f"TYPE_{datatype_of(dtype)}")
    return number


def _duration(count: int, microseconds: int) -> oip.StatisticDuration:
    return oip.StatisticDuration(count=count, ns=microseconds * 1000)
