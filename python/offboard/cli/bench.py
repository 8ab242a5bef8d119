"""``offboard bench``: what the accelerator adds to ONNX Runtime in the same process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = ["bench"]

_CALLERS = 8


def bench(
    mxnet_python: Annotated[str, typer.Option(metavar="PYTHON", help="An interpreter with real MXNet.")] = "",
    count: Annotated[int, typer.Option(help="Calls a side.")] = 500,
    graphs: Annotated[Path | None, typer.Option(help="A folder with symbol files of whole networks.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Prints added latency at 1 and 8 callers, binding times, operators and networks, against real MXNet if given."""
    from offboard_accelerator import embedded

    threads = 1
    figures: dict[str, Any] = {}
    with embedded.start("eia1.medium") as daemon:
        os.environ.update(daemon.environment)
        from offboard.bench.binding import binding
        from offboard.bench.latency import pairs
        from offboard.bench.throughput import requests_per_second
        from offboard.bench.workloads import workloads
        from offboard.client.connection import close

        found = workloads()
        bound = figures["binding"] = binding(found[-1])
        _say(as_json, f"{found[-1].name}: " + ", ".join(f"{name} {value:.0f}" for name, value in bound.items()))
        for each in found:
            calls = count if each.name != "efficientnet-lite0" else max(count // 5, 20)
            alone = pairs(each, calls, threads)
            command = [
                sys.executable,
                "-m",
                "offboard.bench.latency",
                each.name,
                str(max(calls // 4, 10)),
                str(threads),
            ]
            crowd = [
                subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
                for _ in range(_CALLERS)
            ]
            together = [json.loads(process.communicate()[0]) for process in crowd]
            merged = {key: sorted(one[key] for one in together)[_CALLERS // 2] for key in alone}
            rates = {
                where: {
                    n: requests_per_second(each.name, where, n, max(calls // 2, 10), threads) for n in (1, _CALLERS)
                }
                for where in ("process", "accelerator")
            }
            figures[each.name] = {"1": alone, str(_CALLERS): merged, "requests_per_second": rates}
            for callers, row in ((1, alone), (_CALLERS, merged)):
                _say(
                    as_json,
                    f"{each.name:20} {callers} callers: in process {row['local_p50']:8.0f} us, accelerator "
                    f"{row['remote_p50']:8.0f} us; added p50 {row['added_p50']:7.0f} p99 {row['added_p99']:7.0f} us, "
                    f"ratio {row['ratio_p50']:.2f}",
                )
            _say(
                as_json,
                f"{each.name:20} requests a second of 1 and {_CALLERS} callers: in process "
                + " and ".join(f"{rate:.0f}" for rate in rates["process"].values())
                + ", accelerator "
                + " and ".join(f"{rate:.0f}" for rate in rates["accelerator"].values()),
            )
        close()
    from offboard.bench.comparison import Comparison, compared

    figures["cpu"] = rows = {}
    with Comparison(mxnet_python) as comparison:
        for name, ours, theirs, ratio in compared(comparison, graphs):
            rows[name] = [ours, theirs, ratio]
            _say(as_json, f"{name:36} {ours:9.1f}" + (f" for {theirs:9.1f}, ratio {ratio:.2f}" if ratio else ""))
    if mxnet_python:
        from offboard.bench.reference import real_mxnet

        figures["mxnet"] = real_mxnet(mxnet_python, max(count // 5, 20))
        _say(as_json, f"real MXNet, efficientnet-lite0 on its CPU: {figures['mxnet']}")
    if as_json:
        typer.echo(json.dumps(figures, indent=1))


def _say(silent: bool, line: str) -> None:
    if not silent:
        typer.echo(line)
