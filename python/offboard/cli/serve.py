"""``offboard serve``: the daemon, in the foreground."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from offboard.client.state import Daemon

__all__ = ["serve"]

Text = str | None


def serve(
    accelerator_type: Annotated[
        list[str] | None, typer.Option(help="An accelerator to offer; repeat it for several. [default: eia1.medium]")
    ] = None,
    listen: Annotated[
        Text, typer.Option(metavar="HOST:PORT", help="gRPC. [default: 127.0.0.1, a free port]", show_default=False)
    ] = None,
    http: Annotated[
        Text, typer.Option(metavar="HOST:PORT|off", help="REST, on loopback. [default: 127.0.0.1, a free port]")
    ] = None,
    advertise: Annotated[Text, typer.Option(metavar="HOST", help="The host name that clients are told.")] = None,
    data_dir: Annotated[Text, typer.Option(metavar="DIR", help="Associations, stores and sockets.")] = None,
    model_repository: Annotated[Text, typer.Option(metavar="DIR", help="A folder of models to serve by name.")] = None,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", envvar="OFFBOARD_CONFIG", help="Settings in TOML.")
    ] = None,
    tls_cert: Annotated[Text, typer.Option(metavar="FILE", help="PEM file of the certificate chain.")] = None,
    tls_key: Annotated[Text, typer.Option(metavar="FILE", help="PEM file of the private key.")] = None,
    token_file: Annotated[Text, typer.Option(metavar="FILE", help="The token that every call must show.")] = None,
    standby: Annotated[
        bool | None, typer.Option("--standby/--no-standby", help="Keep a warm process for fast restarts.")
    ] = None,
    drain_seconds: Annotated[float | None, typer.Option(help="How long calls may take to finish at the end.")] = None,
    limit: Annotated[list[str] | None, typer.Option(metavar="NAME=VALUE", help="A limit of docs/settings.md.")] = None,
    type_: Annotated[
        list[str] | None,
        typer.Option(
            "--type", metavar="NAME:memory_bytes=BYTES[,threads=COUNT]", help="An accelerator type of your own."
        ),
    ] = None,
    log: Annotated[Text, typer.Option(metavar="LEVEL[,FORMAT]", help="Formats: console, json.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The ready line as JSON.")] = False,
    embedded: Annotated[bool, typer.Option("--embedded", hidden=True)] = False,
) -> None:
    """Runs the daemon: prints one ready line with its endpoints, and drains at SIGTERM.

    Every option is also a variable (OFFBOARD_LISTEN) and a line in the TOML file: docs/settings.md.
    """
    try:
        from offboard_accelerator import logs, settings
    except ImportError as error:
        _fail(f"this Python cannot run a daemon ({error}): pip install 'offboard[accelerator]'")
    given: dict[str, Any] = {
        "accelerator_type": accelerator_type,
        "listen": listen,
        "http": http,
        "advertise": advertise,
        "data_dir": data_dir,
        "model_repository": model_repository,
        "tls_cert": tls_cert,
        "tls_key": tls_key,
        "token_file": token_file,
        "standby": standby,
        "drain_seconds": drain_seconds,
        "log": log,
    }
    try:
        given["limits"] = dict(map(settings.parse_limit, limit)) if limit else None
        given["accelerator_types"] = dict(map(settings.parse_type, type_)) if type_ else None
        loaded = settings.load({name: value for name, value in given.items() if value is not None}, config)
    except ValueError as error:
        _fail(str(error))
    logs.configure(loaded.log)
    _run(loaded, as_json=as_json, embedded=embedded)


def _run(settings: Any, *, as_json: bool, embedded: bool) -> None:
    import asyncio
    import shutil

    from offboard_accelerator.data_directory import DataDirectoryInUse
    from offboard_accelerator.provider import WorkerFailed
    from offboard_accelerator.supervisor import Supervisor

    async def main() -> None:
        supervisor = Supervisor(settings, lambda daemon: _say_ready(daemon, as_json))
        if embedded:
            # The program that started this daemon holds the other end of standard input, as long as it lives.
            asyncio.get_running_loop().add_reader(sys.stdin.fileno(), _at_end_of_input, supervisor.stop)
        await supervisor.run()

    try:
        asyncio.run(main())
    except (DataDirectoryInUse, WorkerFailed, OSError, ValueError) as error:
        _fail(str(error))
    finally:
        if embedded:
            shutil.rmtree(settings.data_dir, ignore_errors=True)


def _at_end_of_input(stop: Any) -> None:
    import asyncio
    import os

    if not os.read(sys.stdin.fileno(), 4096):
        asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
        stop()


def _say_ready(daemon: "Daemon", as_json: bool) -> None:
    if as_json:
        line = json.dumps({"ready": True, **asdict(daemon)})
    else:
        names = ", ".join(f"{each.type} {each.id}" for each in daemon.accelerators)
        where = " ".join(filter(None, (daemon.grpc, daemon.unix_socket, daemon.http)))
        line = f"offboard {daemon.version} is ready at {where} with {names}"
    print(line, flush=True)


def _fail(message: str) -> NoReturn:
    for line in message.splitlines():
        typer.echo(f"offboard serve: {line}", err=True)
    raise typer.Exit(1)
