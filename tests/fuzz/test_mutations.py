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
