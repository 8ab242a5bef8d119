"""``offboard gateway``: the instance's Python for a JVM."""

from typing import Annotated

import typer

from offboard.cli.failure import told

__all__ = ["gateway"]


def gateway(
    port: Annotated[int, typer.Option(help="The port on loopback; 0 is a free one.")] = 0,
    with_parent: Annotated[
        bool,
        typer.Option(
            "--with-parent",
            help="Read the token from the first line of standard input, and end when that ends.",
        ),
    ] = False,
) -> None:
    """Runs what a JVM asks of Python: graphs on mx.cpu(), imperative operators, the instance's part of a graph.

    Prints HOST:PORT:TOKEN-FILE when it is ready; a JVM finds it by that in OFFBOARD_GATEWAY, or starts its own, whose
    token no file has.
    """
    try:
        from offboard.gateway.server import serve
    except ImportError as error:
        typer.echo(f"offboard gateway: this Python cannot serve a JVM ({error}): pip install 'offboard[jvm]'", err=True)
        raise typer.Exit(1) from None
    with told():
        serve(port=port, with_parent=with_parent)
