"""``offboard describe``: accelerators, who has them, what runs there and what it costs."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import typer

from offboard.cli.failure import told

__all__ = ["describe"]


def describe(
    accelerator: Annotated[str, typer.Argument(metavar="[ACCELERATOR]", help="Only the one with this id.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Shows each accelerator: its association, memory, threads, executors, where graphs ran and what they cost."""
    with told():
        from offboard.client import operator

        reply = operator.describe(accelerator)
        statuses = [operator.facts(status) for status in reply.accelerators]
    if as_json:
        typer.echo(json.dumps({"version": reply.daemon.release, "accelerators": statuses}, indent=1))
    else:
        _show(statuses)


def _show(statuses: list[dict[str, Any]]) -> None:
    """The form for a person: with tables where rich is installed, as plain lines elsewhere."""
    try:
        from rich.console import Console
    except ImportError:
        for status in statuses:
            typer.echo("\n".join(_lines(status)))
            for executor in status["executors"]:
                typer.echo("  " + "  ".join(_row(executor)))
        return
    from rich.table import Table

    # Off a terminal, width is not the reader's problem: lines are never folded.
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 200)
    for status in statuses:
        console.print("\n".join(_lines(status)), markup=False)
        if status["executors"]:
            table = Table(box=None, pad_edge=False)
            for title in COLUMNS:
                table.add_column(title, justify="left" if title in LEFT else "right")
            for executor in status["executors"]:
                table.add_row(*_row(executor))
            console.print(table)


LEFT = ("executor", "graph")
COLUMNS = ("executor", "graph", "nodes", "plans", "memory", "forwards", "queued", "computed", "in", "out")


def _lines(status: dict[str, Any]) -> list[str]:
    kind, memory, worker = status["type"], status["memory"], status["worker"]
    association = status["association"]
    owner = (
        f"instance {association['instance']} ({association['id']}, {association['state']})"
        if association
        else "nobody's"
    )
    tflops = f", {kind['fp32_tflops']:g} / {kind['fp16_tflops']:g} TFLOPS nominal" if kind["fp32_tflops"] else ""
    threads = f"{kind['threads']} thread{'s' if kind['threads'] != 1 else ''}"
    return [
        f"{status['id']}  {kind['name']}: {_bytes(kind['memory_bytes'])}, {threads}{tflops}",
        f"  {owner}",
        f"  memory: {_bytes(memory['used'])} used of {_bytes(memory['total'])} (weights {_bytes(memory['weights'])}, "
        f"activations {_bytes(memory['activations'])}); store {_bytes(memory['store'])}",
        f"  worker: {worker['state']}, {worker['restarts']} restarts; sessions: {status['sessions']}",
        "  at " + " ".join(each for each in status["endpoints"].values() if each),
    ]


def _row(executor: dict[str, Any]) -> list[str]:
    forwards = executor["forwards"] or 1
    return [
        executor["name"] + ("" if executor["published"] else "..."),
        executor["graph"],
        f"{executor['accelerated_nodes']}+{executor['instance_nodes']}",
        str(executor["plans"]),
        _bytes(executor["memory"]["used"]),
        str(executor["forwards"]),
        f"{executor['queue_us'] / forwards:.0f} us",
        f"{executor['compute_us'] / forwards:.0f} us",
        _bytes(executor["bytes_in"]),
        _bytes(executor["bytes_out"]),
    ]


def _bytes(count: float) -> str:
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024 or unit == "GiB":
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    raise AssertionError("unreachable")
