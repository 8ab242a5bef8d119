import asyncio
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import structlog.testing

from offboard.client import state
from offboard_accelerator.addresses import AddressInUse
from offboard_accelerator.association import Associations
from offboard_accelerator.data_directory import DataDirectory, DataDirectoryInUse
from offboard_accelerator.provider import LocalProcesses, WorkerFailed
from offboard_accelerator.settings import Settings, load
from offboard_accelerator.supervisor import Supervisor
from offboard_accelerator.types import Accelerator, builtin_types

FAKE = Path(__file__).parent / "fake_worker.py"
INSTANCE = "i-" + "a" * 17


@pytest.fixture
def settings(tmp_path: Path) -> Callable[..., Settings]:
    return lambda **flags: load({"data_dir": tmp_path / "data", "http": "off", **flags})


def provider(behaviour: str = "", *, standby: bool = False) -> LocalProcesses:
    environment = {**os.environ, "FAKE_WORKER": behaviour}
    return LocalProcesses(standby=standby, command=[sys.executable, str(FAKE)], environment=environment)


@asynccontextmanager
async def running(
    settings: Settings, workers: LocalProcesses | None = None
) -> AsyncIterator[tuple[Supervisor, state.Daemon]]:
    ready: asyncio.Future[state.Daemon] = asyncio.get_running_loop().create_future()
    supervisor = Supervisor(settings, ready.set_result, workers or provider())
    task = asyncio.create_task(supervisor.run())
    await asyncio.wait((task, ready), return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        task.result()
    try:
        yield supervisor, ready.result()
    finally:
        supervisor.stop()
        await task


async def ask(address: str) -> dict[str, Any]:
    """What the worker at ``address`` says of itself."""
    if address.startswith("unix:"):
        reader, writer = await asyncio.open_unix_connection(address.removeprefix("unix:"))
    else:
        host, _, port = address.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
    try:
        facts: dict[str, Any] = json.loads(await reader.read())
    finally:
        writer.close()
    return facts


async def until(condition: Callable[[], Awaitable[Any]], seconds: float = 20.0) -> Any:
    deadline = time.monotonic() + seconds
    while True:
        try:
            if value := await condition():
                return value
        except (OSError, ValueError):
            # Nothing listens, or what listened died before it had answered.
            pass
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


def gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


def test_one_accelerator_is_found_and_leaves_nothing_behind(settings: Callable[..., Settings], tmp_path: Path) -> None:
    async def main() -> int:
        async with running(settings()) as (_, daemon):
            data = tmp_path / "data"
            assert state.read_daemon(data / "daemon.json") == daemon
            assert stat.S_IMODE((data / "daemon.json").stat().st_mode) == 0o600
            assert stat.S_IMODE(data.stat().st_mode) == 0o700
            (accelerator,) = daemon.accelerators
            assert accelerator.type == "eia1.medium"
            over_tcp, over_unix = await ask(daemon.grpc), await ask(daemon.unix_socket)
            assert over_tcp == over_unix
            assert over_tcp["accelerator"]["id"] == accelerator.id
            assert over_tcp["restarts"] == 0
            assert Path(over_tcp["data_dir"]).is_dir()
        assert not list(data.glob("*.json"))
        assert not list(data.glob("*.sock"))
        return int(over_tcp["pid"])

    assert gone(asyncio.run(main()))


@pytest.mark.parametrize("standby", [False, True])
def test_a_killed_worker_is_back_at_its_addresses(settings: Callable[..., Settings], standby: bool) -> None:
    async def main() -> None:
        workers = provider(standby=standby)
        async with running(settings(), workers) as (_, daemon):
            before = await ask(daemon.grpc)
            spare = None
            if standby:

                async def warm() -> Any:
                    return workers._standby

                spare = (await until(warm)).pid
            os.kill(before["pid"], signal.SIGKILL)

            async def restarted() -> dict[str, Any] | None:
                facts = await ask(daemon.grpc)
                return facts if facts["pid"] != before["pid"] else None

            after = await until(restarted)
            assert after["restarts"] == 1
            assert after["generation"] != before["generation"]
            assert (await ask(daemon.unix_socket))["pid"] == after["pid"]
            assert after["accelerator"] == before["accelerator"]
            if standby:
                assert after["pid"] == spare

    asyncio.run(main())


def test_a_worker_that_keeps_dying_is_restarted_on_and_on(settings: Callable[..., Settings]) -> None:
    async def main() -> None:
        async with running(settings(), provider("brief")):
            await until(enough)

    async def enough() -> bool:
        return sum(entry["event"] == "worker died" for entry in entries) >= 5

    with structlog.testing.capture_logs() as entries:
        asyncio.run(main())
    deaths = [entry for entry in entries if entry["event"] == "worker died"]
    assert [entry["restart_in_seconds"] for entry in deaths[:5]] == [0, 0, 0, 0.5, 1]
    assert all(entry["log_level"] == "error" and entry["reason"] == "exit status 7" for entry in deaths[:5])


def test_a_worker_that_hangs_is_restarted(settings: Callable[..., Settings]) -> None:
    async def main() -> None:
        async with running(settings(limits={"silence_seconds": 1}), provider("silent")) as (_, daemon):
            before = await ask(daemon.grpc)

            async def restarted() -> bool:
                return bool((await ask(daemon.grpc))["pid"] != before["pid"])

            await until(restarted)

    with structlog.testing.capture_logs() as entries:
        asyncio.run(main())
    assert next(entry["reason"] for entry in entries if entry["event"] == "worker died") == "no answer for 1 s"


def test_a_worker_that_does_not_start_ends_the_daemon(settings: Callable[..., Settings], tmp_path: Path) -> None:
    async def main() -> None:
        async with running(settings(), provider("refuses")):
            pytest.fail("it is not ready")

    with pytest.raises(WorkerFailed, match=r"ended before it was ready \(exit status 3\)"):
        asyncio.run(main())
    assert not (tmp_path / "data" / "daemon.json").exists()


def test_a_worker_that_does_not_drain_is_killed(settings: Callable[..., Settings]) -> None:
    async def main() -> int:
        async with running(settings(drain_seconds=0.2), provider("deaf")) as (_, daemon):
            return int((await ask(daemon.grpc))["pid"])

    assert gone(asyncio.run(main()))


def test_a_second_signal_does_not_wait(settings: Callable[..., Settings]) -> None:
    async def main() -> None:
        async with running(settings(drain_seconds=3600), provider("deaf")) as (supervisor, _):
            supervisor.stop()
            await asyncio.sleep(0.1)

    # Else it would wait for the hour.
    asyncio.run(main())


def test_accelerator_and_its_id_outlive_the_daemon(settings: Callable[..., Settings]) -> None:
    async def identity() -> str:
        async with running(settings()) as (_, daemon):
            return daemon.accelerators[0].id

    assert asyncio.run(identity()) == asyncio.run(identity())


def test_an_interrupted_termination_is_finished_before_the_worker_starts(
    settings: Callable[..., Settings], tmp_path: Path
) -> None:
    data = tmp_path / "data"

    async def main() -> tuple[str, str]:
        async with running(settings()) as (_, daemon):
            facts = await ask(daemon.grpc)
            return facts["data_dir"], facts["accelerator"]["id"]

    folder, accelerator = asyncio.run(main())
    associations = Associations(data / "associations.sqlite")
    associations.attach(INSTANCE, b"", "", [Accelerator(accelerator, builtin_types()["eia1.medium"])])
    associations.begin_termination(INSTANCE)
    Path(folder, "weights").write_bytes(b"another instance's")
    asyncio.run(main())
    assert associations.of_instance(INSTANCE) is None
    assert not Path(folder, "weights").exists()


def test_one_daemon_a_data_directory(tmp_path: Path) -> None:
    code = f"""
import pathlib, sys
from offboard_accelerator.data_directory import DataDirectory
DataDirectory(pathlib.Path({str(tmp_path)!r}))
print("locked", flush=True)
sys.stdin.read()
"""
    other = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert other.stdin
    assert other.stdout
    assert other.stdout.readline() == b"locked\n"
    with pytest.raises(DataDirectoryInUse, match=rf"pid {other.pid}\) runs on"):
        DataDirectory(tmp_path)
    (tmp_path / "daemon.json").write_text("{}")
    other.kill()
    other.communicate()
    data = DataDirectory(tmp_path)
    assert not (tmp_path / "daemon.json").exists(), "a killed daemon's file is stale"
    data.close()


def test_a_taken_address_is_told(settings: Callable[..., Settings]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        async def main() -> None:
            async with running(settings(listen=f"127.0.0.1:{port}")):
                pytest.fail("it is not ready")

        with pytest.raises(AddressInUse, match=f"cannot listen on 127.0.0.1:{port}"):
            asyncio.run(main())
