"""Executors: bound graphs, their plans by shape, and the last values of their inputs."""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from offboard import rules
from offboard.errors import InvalidGraphError
from offboard.operators.lowering import TensorSpec
from offboard.wire.datatype import datatype_of
from offboard_accelerator.contents import Content
from offboard_accelerator.converter import Converted, Converter, ConverterDiedError, Variable
from offboard_accelerator.engine.engine import Engine, EnginePlan
from offboard_accelerator.limits import exceeded
from offboard_accelerator.memory import Ledger
from offboard_accelerator.quarantine import Quarantine
from offboard_accelerator.store import Store
from offboard_accelerator.totals import Spent, Totals
from offboard_accelerator.wire_errors import MissingBlobError, NotFoundError, NotResidentError

__all__ = ["Executor", "Executors", "Ran"]

_Shapes = tuple[tuple[str, tuple[int, ...], np.dtype[Any]], ...]


class _Plan:
    __slots__ = ("charged", "engine", "outputs", "running")

    def __init__(self, engine: EnginePlan, outputs: Sequence[TensorSpec], charged: int) -> None:
        self.engine, self.outputs, self.charged = engine, outputs, charged
        self.running = 0


@dataclass(frozen=True, slots=True)
class Ran:
    """What a forward made: outputs with their description, the time that it took, and the bytes that it was given."""

    outputs: list[npt.NDArray[Any]]
    specs: Sequence[TensorSpec]
    spent: Spent
    bytes_in: int


class Executor:
    """One bound graph. A private one belongs to ``session``; a published one to whoever names it."""

    def __init__(
        self, host: Executors, name: str, session: str, format_: str, graph: bytes, variables: Sequence[Variable]
    ) -> None:
        self.name, self.session, self.published = name, session, False
        self.version = "1"
        self.graph, self.format = graph, format_
        self.totals = Totals()
        self.nodes = self.instance_nodes = 0
        self._host = host
        self.constants = {each.spec.name: each for each in variables if each.digest}
        self._declared = {each.spec.name: each.spec for each in variables if not each.digest}
        self.blobs = {each.digest: each.spec.nbytes for each in self.constants.values()}
        # The last content of each input: what a request leaves out is taken from here, and the next is read into it.
        self._resident: dict[str, npt.NDArray[Any]] = {}
        self._plans: OrderedDict[_Shapes, _Plan] = OrderedDict()
        self._lock = threading.RLock()
        self.inputs: list[TensorSpec] = []
        self.outputs: list[TensorSpec] = []

    @property
    def plans(self) -> int:
        """How many plans are kept now."""
        return len(self._plans)

    @property
    def charged(self) -> int:
        """Bytes of its plans."""
        return sum(plan.charged for plan in self._plans.values())

    def open(self) -> Converted:
        """Makes the plan of the shapes that it was bound with; the edges become its description."""
        converted = self._host.convert(self, [Variable(spec, b"") for spec in self._declared.values()])
        self.nodes = converted.nodes
        if converted.whole:
            self.inputs, self.outputs = converted.inputs, converted.outputs
            if all(d >= 0 for spec in self.inputs for d in spec.shape):
                self._keep(self._key({spec.name: spec for spec in self.inputs}), converted)
        return converted

    def run(self, given: Mapping[str, Content], *, keep: bool) -> Ran:
        """One forward. With ``keep`` what is left out is as it was given last."""
        arrived = time.perf_counter_ns()
        with self._lock:
            began = time.perf_counter_ns()
            plan = self._plan(self._told(given, keep))
            feeds = self._fetched(given)
            fetched = time.perf_counter_ns()
            plan.running += 1
            try:
                with self._host.quarantine.watch(self.graph):
                    outputs = plan.engine.run(feeds)
            finally:
                plan.running -= 1
            ended = time.perf_counter_ns()
            spent = Spent((began - arrived) // 1000, (fetched - began) // 1000, (ended - fetched) // 1000)
            return Ran(outputs, plan.outputs, spent, sum(feeds[name].nbytes for name in given))

    def reclaim(self) -> bool:
        """Releases the least recently used plan that does not run; whether there was one."""
        if not self._lock.acquire(blocking=False):
            return False
        try:
            for key, plan in self._plans.items():
                if not plan.running:
                    self._reclaimed(key)
                    return True
            return False
        finally:
            self._lock.release()

    def close(self) -> None:
        """Releases everything; waits for a forward that runs."""
        with self._lock:
            for key in list(self._plans):
                self._release(key)
            self._resident.clear()

    def _told(self, given: Mapping[str, Content], keep: bool) -> dict[str, Content | npt.NDArray[Any]]:
        """Every input, of which the dtype and shape are read."""
        known = {spec.name: spec for spec in self.inputs}
        for name, content in given.items():
            spec = known.get(name)
            if spec is None:
                raise InvalidGraphError(f"{self.name} has no input {name}: it has {', '.join(known)}")
            if content.dtype != spec.dtype:
                raise InvalidGraphError(
                    f"Input {name} of {self.name} is {datatype_of(spec.dtype)}, {datatype_of(content.dtype)} was sent"
                )
        resident = self._resident
        missing = [name for name in known if name not in given and not (keep and name in resident)]
        if missing:
            raise NotResidentError(f"Inputs {', '.join(missing)} of {self.name} were not sent")
        return {name: given[name] if name in given else resident[name] for name in known}

    def _fetched(self, given: Mapping[str, Content]) -> dict[str, npt.NDArray[Any]]:
        resident = self._resident
        for name, content in given.items():
            # Taken out while it is overwritten: half an input is none.
            resident[name] = content.fetch(resident.pop(name, None))
        return {spec.name: resident[spec.name] for spec in self.inputs}

    def _key(self, tensors: Mapping[str, Any]) -> _Shapes:
        return tuple((spec.name, tuple(tensors[spec.name].shape), tensors[spec.name].dtype) for spec in self.inputs)

    def _plan(self, told: Mapping[str, Content | npt.NDArray[Any]]) -> _Plan:
        key = self._key(told)
        plan = self._plans.get(key)
        if plan is None:
            fed = [Variable(TensorSpec(name, each.shape, each.dtype), b"") for name, each in told.items()]
            rest = [Variable(spec, b"", follows=True) for name, spec in self._declared.items() if name not in told]
            plan = self._keep(key, self._host.convert(self, [*fed, *rest]))
        self._plans.move_to_end(key)
        return plan

    def _keep(self, key: _Shapes, converted: Converted) -> _Plan:
        host = self._host
        host.ledger.charge_activations(converted.peak_bytes)
        try:
            weights = sum(self.blobs.values())
            engine = host.engine.open(converted.model, host.store.folder, weights, converted.inputs, converted.outputs)
        except BaseException:
            host.ledger.release_activations(converted.peak_bytes)
            raise
        plan = self._plans[key] = _Plan(engine, converted.outputs, converted.peak_bytes)
        while len(self._plans) > host.limits["plans"]:
            self._reclaimed(next(iter(self._plans)))
        return plan

    def _reclaimed(self, key: _Shapes) -> None:
        """Releases one plan; the arena gives its chunks back, else it would grow by what other shapes leave."""
        self._release(key)
        self._host.engine.shrink()

    def _release(self, key: _Shapes) -> None:
        plan = self._plans.pop(key)
        self._host.ledger.release_activations(plan.charged)


class Executors:
    """All executors of one accelerator."""

    def __init__(
        self,
        accelerator: str,
        store: Store,
        ledger: Ledger,
        engine: Engine,
        converter: Converter,
        quarantine: Quarantine,
        limits: Mapping[str, int],
    ) -> None:
        self.accelerator, self.store, self.ledger = accelerator, store, ledger
        self.engine, self.converter, self.quarantine, self.limits = engine, converter, quarantine, limits
        self._by_name: dict[str, Executor] = {}
        self._released = Totals()
        self._lock = threading.Lock()
        ledger.reclaim = self._reclaim

    def bind(
        self, session: str, format_: str, graph: bytes, variables: Sequence[Variable], publish_as: str = ""
    ) -> tuple[Executor, Converted]:
        """Admits, lowers and opens a graph; nothing stays of it when that fails."""
        self.quarantine.check(graph)
        # Each once, as it is unpinned: arguments may share a blob.
        digests = list({graph, *(each.digest for each in variables if each.digest)})
        self.store.pin(digests)
        try:
            executor = Executor(self, publish_as or f"x-{secrets.token_hex(16)}", session, format_, graph, variables)
            self.ledger.charge_weights(executor.blobs)
            try:
                # Behind the charge: what can never be admitted is not worth sending.
                missing = self.store.missing(digests)
                if missing:
                    raise MissingBlobError(f"The store lacks {len(missing)} of the blobs that the bind names")
                if self.store.size(graph) > self.limits["graph_bytes"]:
                    raise exceeded("graph_bytes", self.accelerator, self.store.size(graph), self.limits["graph_bytes"])
                converted = executor.open()
                if not converted.whole:
                    self.ledger.release_weights(executor.blobs)
                    self.store.unpin(digests)
                    return executor, converted
                executor.published = bool(publish_as)
                self._add(executor)
            except BaseException:
                executor.close()
                self.ledger.release_weights(executor.blobs)
                self.engine.shrink()
                raise
        except BaseException:
            self.store.unpin(digests)
            raise
        return executor, converted

    def get(self, name: str, session: str) -> Executor:
        """The executor for this caller; a private one of another session is not found."""
        executor = self._by_name.get(name)
        if executor is None or not (executor.published or executor.session == session):
            raise NotFoundError(rules.text("executor_not_found", executor=name[:64], accelerator=self.accelerator))
        return executor

    def all(self) -> list[Executor]:
        """Every executor, for the operator's eyes."""
        with self._lock:
            return list(self._by_name.values())

    def totals(self) -> Totals:
        """What all executors have run, from the worker's start."""
        with self._lock:
            made = Totals()
            for each in (self._released, *(executor.totals for executor in self._by_name.values())):
                made.add(each)
            return made

    def release(self, name: str, session: str) -> None:
        """Ends one executor of a session."""
        executor = self._by_name.get(name)
        if executor is None or executor.session != session:
            raise NotFoundError(rules.text("executor_not_found", executor=name[:64], accelerator=self.accelerator))
        self._end([executor])

    def release_session(self, session: str) -> None:
        """Ends everything that a session bound."""
        self._end([each for each in self.all() if each.session == session])

    def convert(self, executor: Executor, inputs: Sequence[Variable]) -> Converted:
        """Lowers an executor's graph for some input shapes; a graph that kills the converter is counted."""
        variables = [*executor.constants.values(), *inputs]
        try:
            return self.converter.convert(executor.format, self.store.read(executor.graph), variables)
        except ConverterDiedError:
            self.quarantine.died(executor.graph)
            raise

    def _add(self, executor: Executor) -> None:
        with self._lock:
            if executor.published and executor.name in self._by_name:
                raise InvalidGraphError(f"A model named {executor.name} is already published")
            if len(self._by_name) >= self.limits["executors"]:
                raise exceeded("executors", self.accelerator, len(self._by_name) + 1, self.limits["executors"])
            self._by_name[executor.name] = executor

    def _end(self, executors: Sequence[Executor]) -> None:
        for executor in executors:
            with self._lock:
                if self._by_name.pop(executor.name, None) is None:
                    continue
                self._released.add(executor.totals)
            executor.close()
            self.ledger.release_weights(executor.blobs)
            self.store.unpin({executor.graph, *executor.blobs})
        if executors:
            self.engine.shrink()

    def _reclaim(self, lacking: int) -> bool:
        return any(executor.reclaim() for executor in self.all())
