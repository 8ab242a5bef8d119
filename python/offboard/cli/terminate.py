"""``offboard terminate``: the operator ends an association."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from offboard.cli.failure import told

__all__ = ["terminate"]


def terminate(
    instance: Annotated[str, typer.Argument(metavar="INSTANCE", help="Its id, as `offboard describe` shows it.")],
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Ends the association of INSTANCE with its accelerator: its sessions end, its weights are removed.

    To be run on the daemon's own host.
    """
    with told():
        from offboard.client import operator

        ended = operator.terminate(instance)
        state = operator.association_state(ended)
    if as_json:
        facts = {"association": ended.id, "accelerator": ended.accelerator, "instance": ended.instance, "state": state}
        typer.echo(json.dumps(facts))
    else:
        typer.echo(f"{ended.id} of instance {ended.instance} with accelerator {ended.accelerator} is {state}")
