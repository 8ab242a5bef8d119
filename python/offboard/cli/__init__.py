"""The ``offboard`` command. Modules of commands import what is heavy only when they run."""

import typer

from offboard.cli.bench import bench
from offboard.cli.describe import describe
from offboard.cli.gateway import gateway
from offboard.cli.run import run
from offboard.cli.serve import serve
from offboard.cli.terminate import terminate
from offboard.cli.validate import validate

__all__ = ["application", "main"]

application = typer.Typer(
    name="offboard",
    no_args_is_help=True,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Inference on an accelerator that is attached over the network.",
)
for _command in (serve, validate, describe, terminate, gateway, bench):
    application.command()(_command)
# What follows the script is the script's own.
application.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})(run)


def _print_version(wanted: bool) -> None:
    if wanted:
        from offboard.version import __version__

        typer.echo(__version__)
        raise typer.Exit


@application.callback()
def options(
    version: bool = typer.Option(False, "--version", callback=_print_version, is_eager=True, help="Print the version."),
) -> None:
    """Inference on an accelerator that is attached over the network."""


def main() -> None:
    """Runs the command of this process's arguments."""
    application()
