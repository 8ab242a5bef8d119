"""``offboard describe``: the accelerators of a daemon, as the operator sees them."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

__all__ = ["describe"]

_MIB = 1 << 20


def describe(
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Accelerator, association, memory, threads, executors, what ran and what it cost."""
    from offboard.client.operator import ask_daemon
    from offboard.errors import MXNetError
    from offboard.wire import accelerator as pb

    try:
        reply = ask_daemon("Describe", pb.DescribeRequest())
    except (MXNetError, ValueError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    if as_json:
        from google.protobuf.json_format import MessageToDict

        typer.echo(json.dumps(MessageToDict(reply, preserving_proto_field_name=True), indent=1))
        return
    for status in reply.accelerators:
        _show(status)


def _show(status: Any) -> None:
    kind, memory = status.accelerator.type, status.memory
    owner = status.association.instance or "nobody"
    typer.echo(f"{status.accelerator.id}  {kind.name}  {kind.threads} threads  {status.worker_state}")
    typer.echo(f"  attached to {owner} {status.association.id}".rstrip())
    typer.echo(
        f"  memory {memory.used / _MIB:.0f} of {memory.total / _MIB:.0f} MiB "
        f"(weights {memory.weights / _MIB:.0f}, activations {memory.activations / _MIB:.0f}); "
        f"store {memory.store / _MIB:.0f} MiB on disk"
    )
    typer.echo(f"  {status.sessions} sessions, {status.worker_restarts} restarts")
    for each in status.executors:
        mean = each.compute_us / each.forwards / 1000 if each.forwards else 0.0
        typer.echo(
            f"  {each.name}: graph {each.graph}, {each.forwards} forwards of {mean:.2f} ms, {each.plans} plans, "
            f"{each.accelerated_nodes} nodes on the accelerator, {each.instance_nodes} on the instance, "
            f"{each.memory.used / _MIB:.0f} MiB, {each.bytes_in / _MIB:.1f} MiB in, {each.bytes_out / _MIB:.1f} MiB out"
        )
