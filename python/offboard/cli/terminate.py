"""``offboard terminate``: the operator ends an association."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = ["terminate"]


def terminate(instance: Annotated[str, typer.Argument(metavar="INSTANCE", help="The instance's id, i-...")]) -> None:
    """Ends INSTANCE's association and releases everything it has on its accelerator."""
    from offboard.client.operator import ask_daemon
    from offboard.errors import MXNetError
    from offboard.wire import accelerator as pb

    try:
        reply = ask_daemon("Terminate", pb.TerminateRequest(instance=instance))
    except (MXNetError, ValueError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{reply.association.id}: {instance} no longer has accelerator {reply.association.accelerator}")
