"""``offboard validate``: whether this instance has an accelerator."""

from __future__ import annotations

import typer

__all__ = ["validate"]


def validate() -> None:
    """Prints the accelerator's id and type and ends with 0, or says what is wrong and ends with 1."""
    from offboard.client.connection import close, connection
    from offboard.errors import MXNetError

    try:
        found = connection().accelerator
    except (MXNetError, ValueError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    typer.echo(f"Accelerator {found.id} of type {found.type.name} is attached to this instance")
    close()
