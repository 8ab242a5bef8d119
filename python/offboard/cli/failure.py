"""How a command fails: the error's own text, and exit status 1."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from offboard.errors import MXNetError

__all__ = ["told"]


@contextmanager
def told() -> Iterator[None]:
    """Prints what Offboard raises on purpose, without a traceback, and ends the command with status 1."""
    try:
        yield
    except (MXNetError, ValueError, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
