"""The daemon's first process: it starts a worker for each accelerator and keeps them running. No tensor passes it.

With one accelerator, its worker answers at ``--listen`` itself. With several, this process answers Attach, Describe and
Terminate there (:mod:`offboard_accelerator.front`) and tells clients where the workers are.
"""

import asyncio
import contextlib
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from offboard.client import state
from offboard.version import __version__
from offboard_accelerator.addresses import Reservation, listen_at, reserve, socket_directory
from offboard_accelerator.association import Associations
from offboard_accelerator.data_directory import DataDirectory
from offboard_accelerator.keeper import Keeper
from offboard_accelerator.logs import logger
from offboard_accelerator.provider import LocalProcesses, Provider, worker_command
from offboard_accelerator.security import read_token
from offboard_accelerator.settings import Settings
from offboard_accelerator.types import Accelerator, WorkerConfig, WorkerReady, shares, with_share

__all__ = ["Supervisor"]

DRAIN_GRACE_SECONDS = 5.0
"""Beyond the workers' own drain time: for a worker that was just being started."""

_log = logger(__name__)


@dataclass(frozen=True)
class Addresses:
    """What one process of the daemon listens on."""

    grpc: Reservation
    http: Reservation | None
    unix_socket: Path


class Supervisor:
    """One daemon, from its settings to its end.

    Args:
        settings: what it is told.
        on_ready: called once with how clients find it, when every worker answers.
        provider: where workers come from; default: child processes.
    """

    def __init__(
        self,
        settings: Settings,
        on_ready: Callable[[state.Daemon], None],
        provider: Provider | None = None,
    ):
        self._settings = settings
        self._on_ready = on_ready
        self._provider = provider or LocalProcesses(
            standby=settings.standby,
            command=worker_command(rest=settings.http != "off"),
            environment={**os.environ, "OFFBOARD_LOG": settings.log},
        )
        self._stopping = asyncio.Event()
        self._hurry = asyncio.Event()

    async def run(self) -> None:
        """Serves until SIGTERM or SIGINT; a second one does not wait for calls in flight.

        Raises:
            DataDirectoryInUse: another daemon runs on the data directory.
            AddressInUse: somebody listens on an address already.
            WorkerFailed: a worker does not start.
            OSError, ValueError: a file is missing or wrong.
        """
        data = DataDirectory(self._settings.data_dir)
        try:
            with self._signals():
                await self._serve(data)
        finally:
            data.close()

    def stop(self) -> None:
        """What SIGTERM does."""
        if self._stopping.is_set():
            self._hurry.set()
        self._stopping.set()

    async def _serve(self, data: DataDirectory) -> None:
        settings = self._settings
        if settings.token_file is not None:
            read_token(settings.token_file)
        associations = Associations(data.associations)
        accelerators = self._accelerators(associations)
        sockets = socket_directory(data.path)
        several = len(accelerators) > 1
        async with contextlib.AsyncExitStack() as stack:
            if sockets != data.path:
                stack.callback(shutil.rmtree, sockets, ignore_errors=True)
            stack.push_async_callback(self._provider.close)
            own = self._reserve(stack, settings.listen, settings.http, sockets / "daemon.sock")
            host = own.grpc.address.rpartition(":")[0]
            keepers = []
            for number, (accelerator, nice) in enumerate(accelerators):
                if several:
                    http = "127.0.0.1:0" if own.http else "off"
                    where = self._reserve(stack, f"{host}:0", http, sockets / f"worker-{number}.sock")
                else:
                    where = own
                config = self._worker_config(data, accelerator, where)
                keepers.append(Keeper(self._provider, config, nice, prepare=_Preparation(data, associations)))
            daemon = await self._start(stack, keepers, own, data, associations)
            if daemon is None:
                return
            data.announce(daemon)
            stack.callback(data.withdraw)
            self._on_ready(daemon)
            keeping = [asyncio.create_task(keeper.keep()) for keeper in keepers]
            stack.push_async_callback(self._drain, keepers, keeping)
            await self._stopping.wait()
            _log.info("draining", seconds=settings.drain_seconds)
            data.withdraw()

    def _accelerators(self, associations: Associations) -> list[tuple[Accelerator, int]]:
        """The accelerators to serve, each with the niceness of its worker."""
        known = self._settings.all_types()
        types = [known[name] for name in self._settings.accelerator_type]
        ids = associations.accelerator_ids([each.name for each in types])
        split = shares(types)
        return [
            (with_share(Accelerator(identity, each), share), share.nice)
            for identity, each, share in zip(ids, types, split, strict=True)
        ]

    def _reserve(self, stack: contextlib.AsyncExitStack, grpc: str, http: str, unix_socket: Path) -> Addresses:
        grpc_port = reserve(grpc)
        stack.callback(grpc_port.close)
        http_port = None
        if http != "off":
            http_port = reserve(http)
            stack.callback(http_port.close)
        for path in (unix_socket, unix_socket.with_suffix(".lane")):
            stack.callback(path.unlink, missing_ok=True)
        return Addresses(grpc_port, http_port, unix_socket)

    def _worker_config(self, data: DataDirectory, accelerator: Accelerator, where: Addresses) -> WorkerConfig:
        settings = self._settings
        return WorkerConfig(
            accelerator=accelerator,
            generation="",
            restarts=0,
            died_of=0,
            data_dir=str(data.of_accelerator(accelerator.id)),
            associations=str(data.associations),
            grpc=where.grpc.address,
            unix_socket=str(where.unix_socket),
            http=where.http.address if where.http else "",
            advertised_grpc=where.grpc.advertised(settings.advertise),
            tls_cert=str(settings.tls_cert or ""),
            tls_key=str(settings.tls_key or ""),
            token_file=str(settings.token_file or ""),
            model_repository=str(settings.model_repository or ""),
            limits=settings.all_limits(),
        )

    async def _start(
        self,
        stack: contextlib.AsyncExitStack,
        keepers: list[Keeper],
        own: Addresses,
        data: DataDirectory,
        associations: Associations,
    ) -> state.Daemon | None:
        """Starts every worker, and the front where there are several; None when told to stop meanwhile."""
        starting = asyncio.gather(*(keeper.start() for keeper in keepers))
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait((starting, stopping), return_when=asyncio.FIRST_COMPLETED)
            if not starting.done():
                return None
            answers = starting.result()
        finally:
            stopping.cancel()
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
            if starting.cancelled() or starting.exception() is not None:
                await asyncio.gather(*(keeper.drain(0.0) for keeper in keepers))
        settings = self._settings
        found = answers[0]
        if len(keepers) > 1:
            found = await asyncio.to_thread(self._open_front, stack, keepers, own, data, associations)
        return state.Daemon(
            pid=os.getpid(),
            version=__version__,
            grpc=found.grpc,
            unix_socket=found.unix_socket,
            http=found.http,
            tls=settings.tls_cert is not None,
            token_file=str(settings.token_file or ""),
            accelerators=tuple(
                state.DaemonAccelerator(
                    keeper.accelerator.id,
                    keeper.accelerator.type.name,
                    answer.grpc,
                    answer.unix_socket,
                    answer.http,
                )
                for keeper, answer in zip(keepers, answers, strict=True)
            ),
        )

    def _open_front(
        self,
        stack: contextlib.AsyncExitStack,
        keepers: list[Keeper],
        own: Addresses,
        data: DataDirectory,
        associations: Associations,
    ) -> WorkerReady:
        """Answers at ``--listen`` for all accelerators."""
        # gRPC is for a front only: a daemon of one accelerator starts without it.
        from offboard_accelerator.front import Front, FrontService

        settings = self._settings
        token = read_token(settings.token_file) if settings.token_file else ""
        service = FrontService(keepers, associations, data, token)
        own.unix_socket.unlink(missing_ok=True)
        front = Front(settings, service, own.grpc.address, str(own.unix_socket))
        stack.callback(front.close)
        http = ""
        if own.http is not None:
            from offboard_accelerator.rest.operations import application
            from offboard_accelerator.rest.server import RestServer

            rest = RestServer(application(service.describe, token=token), listen_at(own.http.address))
            stack.callback(rest.close)
            http = f"http://{own.http.address}"
        return WorkerReady(own.grpc.advertised(settings.advertise), f"unix:{own.unix_socket}", http)

    async def _drain(self, keepers: list[Keeper], keeping: list[asyncio.Task[None]]) -> None:
        seconds = self._settings.drain_seconds
        draining = asyncio.gather(*(keeper.drain(seconds) for keeper in keepers))
        hurry = asyncio.create_task(self._hurry.wait())
        await asyncio.wait((draining, hurry), return_when=asyncio.FIRST_COMPLETED)
        if not draining.done():
            draining.cancel()
            await asyncio.gather(draining, return_exceptions=True)
            await asyncio.gather(*(keeper.drain(0.0) for keeper in keepers))
        hurry.cancel()
        await asyncio.wait(keeping, timeout=DRAIN_GRACE_SECONDS)
        for task in keeping:
            task.cancel()
        for result in await asyncio.gather(*keeping, return_exceptions=True):
            if isinstance(result, Exception):
                _log.error("keeping a worker failed", reason=repr(result))

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        try:
            yield
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)


@dataclass(frozen=True)
class _Preparation:
    """What must be so before a worker starts: no quarantine from before this daemon, no association half ended."""

    data: DataDirectory
    associations: Associations
    started: set[str] = field(default_factory=set)

    def __call__(self, accelerator: Accelerator) -> None:
        if accelerator.id not in self.started:
            # The operator lifts quarantines by restarting the daemon.
            self.started.add(accelerator.id)
            shutil.rmtree(self.data.of_accelerator(accelerator.id) / "quarantine", ignore_errors=True)
        ending = self.associations.of_accelerator(accelerator.id)
        if ending is None or ending.state != "disassociating":
            return
        shutil.rmtree(self.data.of_accelerator(accelerator.id))
        self.data.of_accelerator(accelerator.id)
        self.associations.finish_termination(ending)
        _log.info("termination finished", association=ending.id, instance=ending.instance)
