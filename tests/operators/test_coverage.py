"""How many of MXNet's forward operators the accelerator runs, counted from MXNet's own list and the records."""

import json
from pathlib import Path

from offboard.operators import record, table


def _lowered(names: list[str]) -> list[str]:
    records = record.registry()
    return [name for name in names if name in records and records[name].kernel is None]


def test_forward_operators_run_on_the_accelerator() -> None:
    names = [name for name in table.names() if table.find(name).group == "forward"]
    lowered = _lowered(names)
    assert len(lowered) >= 0.95 * len(names), sorted(set(names) - set(lowered))


def test_the_table_has_every_forward_operator_of_mxnet(shared_data: Path) -> None:
    groups = json.loads((shared_data / "mxnet" / "operators.json").read_text())["group_names"]
    lowered = _lowered(groups["forward"])
    print(f"{len(lowered)} of {len(groups['forward'])} forward operators are lowered")
    assert len(lowered) >= 0.95 * len(groups["forward"]), sorted(set(groups["forward"]) - set(lowered))
    assert sorted(groups["forward"]) == sorted(name for name in table.names() if table.find(name).group == "forward")


def test_only_what_has_a_reason_stays_on_the_instance() -> None:
    kept = {name: each.kernel.reason for name, each in record.registry().items() if each.kernel is not None}
    assert all(reason.strip() for reason in kept.values())
    assert all(table.find(name).group in ("random", "internal") for name in kept), sorted(kept)
