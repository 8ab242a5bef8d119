"""A few hundred seeded mutations of every file format."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import mutations


def test_mutations_are_refused_or_load() -> None:
    outcomes = mutations.run(count=300, seed=2)
    assert sum(outcomes.values()) == 300
    assert outcomes["params: MXNetError"] > 0
    assert outcomes["symbol: MXNetError"] > 0
    assert outcomes["onnx: InvalidGraphError"] + outcomes["onnx: ConverterDiedError"] > 0


def test_a_running_daemon_binds_or_refuses_them() -> None:
    outcomes = mutations.run_live(count=120, seed=3)
    assert outcomes.pop("worker restarts") == 0
    assert sum(outcomes.values()) == 120
    assert outcomes["symbol: loads"] > 0
    assert outcomes["onnx: loads"] > 0
    assert outcomes["symbol: InvalidGraphError"] > 0
    assert outcomes["onnx: InvalidGraphError"] > 0
