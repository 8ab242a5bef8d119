"""Where workers come from. The local provider runs each as a child process of the supervisor."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import Protocol

from offboard_accelerator.logs import logger
from offboard_accelerator.types import WorkerConfig, WorkerReady

__all__ = ["LocalProcesses", "Provider", "Worker", "WorkerFailed", "worker_command"]

READY_SECONDS = 120.0
"""From a worker's configuration to its ready line; it may load a model repository in between."""

STANDBY_DELAY_SECONDS = 1.0
"""A standby imports for a second of CPU time: not while a worker's first callers want it."""


_log = logger(__name__)


def worker_command(*, rest: bool) -> list[str]:
    """Starts a worker; one that will serve REST has imported it, too, before it is told its configuration."""
    return [sys.executable, "-m", "offboard_accelerator.worker", *(["--rest"] if rest else [])]


class WorkerFailed(RuntimeError):
    """A worker ended, or was ended, before it was ready."""


class Worker(Protocol):
    """A running worker."""

    @property
    def pid(self) -> int:
        """Its process id."""

    @property
    def ready(self) -> WorkerReady:
        """Where it answers."""

    async def wait(self) -> int:
        """Its exit status, once it ended; negative: the signal that ended it."""

    def drain(self) -> None:
        """Asks it to finish what it runs, and end."""

    def kill(self) -> None:
        """Ends it at once."""


class Provider(Protocol):
    """Starts workers."""

    async def start(self, config: WorkerConfig, nice: int) -> Worker:
        """A worker that is ready.

        Raises:
            WorkerFailed: it did not get there.
        """

    async def close(self) -> None:
        """Ends whatever the provider itself keeps running."""


class LocalProcess:
    """One child process: told its configuration on standard input, which stays open as its lifeline."""

    def __init__(self, process: asyncio.subprocess.Process):
        self._process = process
        self._output: asyncio.Task[None] | None = None
        self._ready: WorkerReady | None = None

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.returncode is None

    @property
    def ready(self) -> WorkerReady:
        """Where it answers."""
        assert self._ready is not None
        return self._ready

    async def configure(self, config: WorkerConfig, nice: int) -> None:
        """Makes a standby the worker of ``config``, and waits until it answers."""
        if nice:
            # Threads inherit it from the main thread, which is the only one that a waiting standby has.
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, self.pid, nice)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(config.to_json().encode() + b"\n")
            await self._process.stdin.drain()
            self._ready = await asyncio.wait_for(self._ready_line(self._process.stdout), READY_SECONDS)
        except (OSError, asyncio.TimeoutError, WorkerFailed) as error:
            self.kill()
            status = await self.wait()
            late = isinstance(error, asyncio.TimeoutError)
            why = (
                f"was not ready within {READY_SECONDS:g} s" if late else f"ended before it was ready ({_told(status)})"
            )
            raise WorkerFailed(f"the worker of accelerator {config.accelerator.id} {why}") from error
        except BaseException:
            self.kill()
            raise
        self._output = asyncio.create_task(self._forward(self._process.stdout))

    async def wait(self) -> int:
        """Its exit status, once it ended."""
        status = await self._process.wait()
        if self._output is not None:
            self._output.cancel()
        if self._process.stdin is not None:
            self._process.stdin.close()
        return status

    def drain(self) -> None:
        """Asks it to finish what it runs, and end."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """Ends it at once."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        # Not Process.send_signal: it polls first, and so takes the exit status away from the loop's child watcher.
        if self.alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    async def _ready_line(self, stream: asyncio.StreamReader) -> WorkerReady:
        while line := await stream.readline():
            text = line.decode("utf-8", "replace").rstrip()
            try:
                return WorkerReady.from_json(text)
            except (ValueError, json.JSONDecodeError):
                _log.info("worker output", pid=self.pid, text=text)
        raise WorkerFailed("end of output")

    async def _forward(self, stream: asyncio.StreamReader) -> None:
        # Nobody else empties the pipe, and a full one would stop the worker.
        with contextlib.suppress(ValueError):
            while line := await stream.readline():
                _log.info("worker output", pid=self.pid, text=line.decode("utf-8", "replace").rstrip())


class LocalProcesses:
    """Child processes of this one, and a warm standby for the next that is needed.

    Children are started from the thread that runs the event loop, and die with it (PR_SET_PDEATHSIG counts threads):
    run the loop in the main thread.
    """

    def __init__(
        self,
        *,
        standby: bool = True,
        command: Sequence[str],
        environment: Mapping[str, str] | None = None,
    ):
        self._keeps_standby = standby
        self._command = command
        self._environment = environment
        self._standby: LocalProcess | None = None
        self._warming: asyncio.Task[None] | None = None

    async def start(self, config: WorkerConfig, nice: int = 0) -> Worker:
        """The standby, or else a new process, made the worker of ``config``.

        Raises:
            WorkerFailed: it did not get ready.
        """
        process, self._standby = self._standby, None
        if process is None or not process.alive:
            process = await self._spawn()
        await process.configure(config, nice)
        if self._keeps_standby and (self._warming is None or self._warming.done()):
            self._warming = asyncio.create_task(self._warm())
        return process

    async def close(self) -> None:
        """Ends the standby."""
        if self._warming is not None:
            self._warming.cancel()
            await asyncio.gather(self._warming, return_exceptions=True)
        if self._standby is not None:
            self._standby.kill()
            await self._standby.wait()
            self._standby = None

    async def _warm(self) -> None:
        await asyncio.sleep(STANDBY_DELAY_SECONDS)
        if self._standby is None or not self._standby.alive:
            try:
                self._standby = await self._spawn()
            except OSError as error:
                _log.warning("no standby worker", error=str(error))

    async def _spawn(self) -> LocalProcess:
        return LocalProcess(
            await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env=self._environment,
                # Ctrl-C in the terminal is for the supervisor, which drains its workers in order.
                start_new_session=True,
            )
        )


def _told(status: int) -> str:
    return f"signal {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
