"""``offboard validate``: whether this instance has an accelerator."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from offboard.cli.failure import told

__all__ = ["validate"]


def validate(as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False) -> None:
    """Attaches this instance's accelerator and says which it is; exit status 1, and what to do, when there is none."""
    with told():
        import contextlib
        import io

        from offboard.client import connection, state

        # The lines of a first use say what this command says itself.
        with contextlib.redirect_stderr(io.StringIO()):
            attached = connection.connection()
        accelerator = attached.accelerator
        facts = {
            "accelerator": accelerator.id,
            "type": accelerator.type.name,
            "memory_bytes": accelerator.type.memory_bytes,
            "instance": state.instance_id(),
            "endpoint": attached.endpoint.target,
        }
        connection.close()
    if as_json:
        typer.echo(json.dumps(facts))
        return
    typer.echo(f"Elastic Inference Accelerator ID: {facts['accelerator']}")
    typer.echo(f"Elastic Inference Accelerator Type: {facts['type']}")
    typer.echo(f"Attached to instance {facts['instance']} at {facts['endpoint']}")
