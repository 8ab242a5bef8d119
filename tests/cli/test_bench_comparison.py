"""The benchmark's two sides are one program, and its rows are ratios of pairs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import offboard.mxnet as mx
from offboard.bench import comparison, side


def test_the_program_needs_nothing_of_offboard_but_its_module() -> None:
    listed = [sys.executable, "-X", "importtime", side.__file__, "json"]
    done = subprocess.run(listed, input="", capture_output=True, text=True, check=True)
    assert "offboard" not in done.stderr


def test_rows_without_real_mxnet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    net = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=3, name="fc")
    net.save(str(tmp_path / "small-symbol.json"))
    monkeypatch.setattr(comparison, "NETWORKS", {"small": {"data": (2, 4)}, "not there": {"data": (1,)}})
    with comparison.Comparison() as sides:
        rows = {name: figures for name, *figures in comparison.compared(sides, tmp_path)}
    assert [name for name in rows if name.endswith("call")] == [f"{name} (us) call" for name in side.OPERATORS]
    stages = [f"small (ms) {part}" for part in ("load", "bind", "first", "in all", "second")]
    assert [name for name in rows if name.startswith("small")] == stages
    assert all(ours > 0 and theirs is None and ratio is None for ours, theirs, ratio in rows.values())


def test_ratios_are_of_pairs() -> None:
    rounds = [[{"call": 2.0}, {"call": 1.0}], [{"call": 30.0}, {"call": 10.0}], [{"call": 8.0}, {"call": 2.0}]]
    assert list(comparison._rows("x", rounds)) == [("x call", 8.0, 2.0, 3.0)]


def test_an_unknown_operator_ends_the_side() -> None:
    with comparison.Comparison() as sides, pytest.raises(RuntimeError, match="ended without an answer"):
        sides.ask({"operator": "nope"})
