"""Keeps one accelerator's worker running, at the same addresses, whatever happens to it."""

import asyncio
import contextlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

from offboard_accelerator.logs import logger
from offboard_accelerator.provider import Provider, Worker, WorkerFailed
from offboard_accelerator.pulse import is_silent
from offboard_accelerator.types import Accelerator, WorkerConfig, WorkerReady

__all__ = ["Backoff", "Keeper", "WorkerState"]

WorkerState = Literal["starting", "ready", "waiting to restart", "draining", "ended"]

START_ATTEMPTS = 3
"""Failures of a first start after which the daemon gives up: its settings are wrong, and a person looks."""

PROBE_SECONDS = 5.0
"""Between two questions to a worker whether it still answers."""

_log = logger(__name__)


@dataclass
class Backoff:
    """How long to wait before the next start of a worker.

    The first deaths cost nothing, so that a graph that kills workers is quarantined soon and the others are served
    again; from then on waiting doubles. A worker that lived long enough starts the count anew.
    """

    free: int = 3
    first: float = 0.5
    longest: float = 30.0
    healthy: float = 60.0
    deaths: int = 0

    def after(self, lived: float) -> float:
        """Seconds to wait, now that a worker has died ``lived`` seconds after its start."""
        self.deaths = 1 if lived >= self.healthy else self.deaths + 1
        if self.deaths <= self.free:
            return 0.0
        # The exponent is bounded so that a worker that never starts cannot overflow it.
        return min(self.first * 2.0 ** min(self.deaths - self.free - 1, 16), self.longest)


@dataclass
class Keeper:
    """One accelerator: its worker, and what is known while there is none."""

    provider: Provider
    config: WorkerConfig
    """Without generation and restarts, which every start sets."""
    nice: int
    prepare: Callable[[Accelerator], None]
    """Called while no worker runs, before each start."""
    backoff: Backoff = field(default_factory=Backoff)
    state: WorkerState = "starting"
    restarts: int = 0
    worker: Worker | None = None
    last_failure: str = ""
    died_of: int = 0
    """The signal that ended the last worker, or 0."""
    _draining: bool = False
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def accelerator(self) -> Accelerator:
        """The accelerator that is kept."""
        return self.config.accelerator

    @property
    def ready(self) -> WorkerReady | None:
        """Where the worker answers now."""
        return self.worker.ready if self.worker is not None else None

    async def start(self) -> WorkerReady:
        """The first start.

        Raises:
            WorkerFailed: it failed as often as a first start may.
        """
        for attempt in range(1, START_ATTEMPTS + 1):
            try:
                return await self._start()
            except WorkerFailed as error:
                _log.error("worker did not start", attempt=attempt, reason=str(error))
                if attempt == START_ATTEMPTS or self._draining:
                    raise
        raise AssertionError("unreachable")

    async def keep(self) -> None:
        """Restarts the worker whenever it dies, until :meth:`drain`."""
        while self.worker is not None:
            began = time.monotonic()
            watching = asyncio.create_task(self._end_when_silent(self.worker))
            status = await self.worker.wait()
            silent = watching.done()
            watching.cancel()
            self.worker = None
            if self._draining:
                break
            self.last_failure = f"exit status {status}" if status >= 0 else f"signal {-status}"
            if silent:
                self.last_failure = f"no answer for {self._patience:g} s"
            self.died_of = max(-status, 0)
            await self._restart(time.monotonic() - began)
        self.state = "ended"

    async def drain(self, seconds: float) -> None:
        """Ends the worker: politely, and after ``seconds`` not."""
        self._draining = True
        self._wake.set()
        worker = self.worker
        if worker is None:
            return
        self.state = "draining"
        worker.drain()
        try:
            await asyncio.wait_for(worker.wait(), seconds)
        except asyncio.TimeoutError:
            _log.warning("worker did not drain in time", accelerator=self.accelerator.id, seconds=seconds)
            worker.kill()
            await worker.wait()

    @property
    def _patience(self) -> float:
        return self.config.limits["silence_seconds"]

    async def _end_when_silent(self, worker: Worker) -> None:
        """Returns when the worker, which did not answer in time, was killed."""
        while self._draining or not await is_silent(self.config.lane, self._patience):
            await asyncio.sleep(min(PROBE_SECONDS, self._patience / 2))
        _log.error("worker is silent", accelerator=self.accelerator.id, pid=worker.pid, seconds=self._patience)
        worker.kill()

    async def _restart(self, lived: float) -> None:
        while not self._draining:
            delay = self.backoff.after(lived)
            _log.error(
                "worker died",
                accelerator=self.accelerator.id,
                reason=self.last_failure,
                lived_seconds=round(lived, 1),
                deaths_in_a_row=self.backoff.deaths,
                restart_in_seconds=delay,
            )
            if delay:
                self.state = "waiting to restart"
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), delay)
                if self._draining:
                    return
            self.restarts += 1
            began = time.monotonic()
            try:
                await self._start()
            except (WorkerFailed, OSError) as error:
                self.last_failure = str(error)
                lived = time.monotonic() - began
            else:
                return

    async def _start(self) -> WorkerReady:
        self.state = "starting"
        began = time.monotonic()
        self.prepare(self.accelerator)
        config = replace(self.config, generation=secrets.token_hex(8), restarts=self.restarts, died_of=self.died_of)
        worker = await self.provider.start(config, self.nice)
        if self._draining:
            worker.drain()
        self.worker = worker
        self.state = "ready"
        _log.info(
            "worker is ready",
            accelerator=self.accelerator.id,
            pid=worker.pid,
            generation=config.generation,
            restarts=self.restarts,
            seconds=round(time.monotonic() - began, 2),
        )
        return worker.ready
