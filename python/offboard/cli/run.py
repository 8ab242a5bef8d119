"""``offboard run``: an unmodified script, with ``import mxnet`` resolved to Offboard in it and in its children."""

from __future__ import annotations

import contextlib
import os
import runpy
import sys
from pathlib import Path
from types import TracebackType
from typing import Annotated

import typer

__all__ = ["run"]


def run(
    arguments: Annotated[list[str] | None, typer.Argument(metavar="SCRIPT [ARG...]", help="What to run.")] = None,
    module: Annotated[bool, typer.Option("-m", help="SCRIPT is the name of a module.")] = False,
    embedded: Annotated[bool, typer.Option("--embedded", help="Start a private daemon for the script's life.")] = False,
) -> None:
    """Runs SCRIPT as python does; `import mxnet` gives Offboard, in child Python processes too."""
    if not arguments:
        raise typer.BadParameter("a script or a module is needed")
    from offboard import alias

    # Children get the alias by the start-up file of the installation, or else by this folder's own mxnet.
    os.environ["OFFBOARD_AS_MXNET"] = "1"
    fallback = str(Path(alias.__file__).with_name("alias_path"))
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), fallback)))
    alias.install()
    with contextlib.ExitStack() as stack:
        if embedded:
            from offboard_accelerator import embedded as daemons

            daemon = daemons.start()
            stack.callback(daemon.close)
            stack.callback(_end_session)
            os.environ.update(daemon.environment)
        sys.argv = list(arguments)
        try:
            if module:
                sys.path.insert(0, os.getcwd())
                runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
            else:
                sys.path.insert(0, str(Path(arguments[0]).resolve().parent))
                runpy.run_path(arguments[0], run_name="__main__")
        except Exception as error:
            # As python shows it: from the script's own first line on.
            error.__traceback__ = _within_script(error.__traceback__)
            sys.excepthook(type(error), error, error.__traceback__)
            raise typer.Exit(1) from None


def _within_script(traceback: TracebackType | None) -> TracebackType | None:
    ours = (__file__, runpy.__file__, "<frozen runpy>")
    while traceback is not None and traceback.tb_frame.f_code.co_filename in ours:
        traceback = traceback.tb_next
    return traceback


def _end_session() -> None:
    """Before the private daemon ends, so that nothing looks for it afterwards."""
    connections = sys.modules.get("offboard.client.connection")
    if connections is not None:
        connections.close()
