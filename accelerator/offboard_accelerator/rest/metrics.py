"""Prometheus metrics, collected when they are asked for, in a registry of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from offboard.wire import accelerator as pb
from offboard_accelerator.totals import Totals

__all__ = ["CONTENT_TYPE", "exposition"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
LABELS = ("accelerator", "type")


def exposition(statuses: Sequence[pb.AcceleratorStatus], totals: Totals | None = None) -> bytes:
    """The text of ``/metrics``: of accelerators, and of all that the one of this process has run."""
    registry = CollectorRegistry()
    registry.register(_Statuses(statuses, totals))
    return generate_latest(registry)


class _Statuses(Collector):
    def __init__(self, statuses: Sequence[pb.AcceleratorStatus], totals: Totals | None):
        self._statuses = statuses
        self._totals = totals

    def collect(self) -> Iterator[Metric]:
        yield self._gauge("offboard_worker_up", "1 while the worker answers", lambda s: s.worker_state == "ready")
        yield self._gauge("offboard_associated", "1 while an instance has it", lambda s: s.HasField("association"))
        yield self._gauge("offboard_sessions", "Live sessions", lambda s: s.sessions)
        yield self._gauge("offboard_executors", "Bound executors", lambda s: len(s.executors))
        yield self._gauge("offboard_plans", "Plans kept", lambda s: sum(each.plans for each in s.executors))
        yield self._gauge("offboard_memory_bytes", "Memory of the accelerator", lambda s: s.memory.total)
        yield self._gauge("offboard_weights_bytes", "Memory charged for weights", lambda s: s.memory.weights)
        yield self._gauge("offboard_activations_bytes", "Memory charged for plans", lambda s: s.memory.activations)
        yield self._gauge("offboard_store_bytes", "Disk that the blob store uses", lambda s: s.memory.store)
        restarts = CounterMetricFamily("offboard_worker_restarts", "Restarts of the worker", labels=LABELS)
        for status in self._statuses:
            restarts.add_metric(_labels(status), status.worker_restarts)
        yield restarts
        if self._totals is not None:
            yield from self._counters(self._totals)

    def _gauge(self, name: str, text: str, value: Callable[[pb.AcceleratorStatus], float]) -> Metric:
        family = GaugeMetricFamily(name, text, labels=LABELS)
        for status in self._statuses:
            family.add_metric(_labels(status), float(value(status)))
        return family

    def _counters(self, totals: Totals) -> Iterator[Metric]:
        for name, text, value in (
            ("offboard_forwards", "Forwards since the worker's start", totals.forwards),
            ("offboard_failures", "Forwards that failed", totals.failures),
            ("offboard_queue_seconds", "Time that forwards waited", totals.spent.queue_us / 1e6),
            ("offboard_compute_seconds", "Time that forwards ran", totals.spent.compute_us / 1e6),
            ("offboard_input_bytes", "Bytes of inputs", totals.bytes_in),
            ("offboard_output_bytes", "Bytes of outputs", totals.bytes_out),
        ):
            family = CounterMetricFamily(name, text, labels=LABELS)
            for status in self._statuses:
                family.add_metric(_labels(status), value)
            yield family


def _labels(status: pb.AcceleratorStatus) -> tuple[str, str]:
    return status.accelerator.id, status.accelerator.type.name
