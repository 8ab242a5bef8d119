"""Writes ``docs/operators.md`` from the records: ``python -m offboard.operators.documentation``."""

from __future__ import annotations

from pathlib import Path

from offboard.operators import record, table

__all__ = ["main", "render"]

_PATH = Path(__file__).resolve().parents[3] / "docs" / "operators.md"
_GROUPS = ("forward", "quantized", "image", "random", "control_flow", "internal")


def render() -> str:
    """The page: every operator that inference may meet, its status and what its lowering says of itself."""
    records = record.registry()
    shown = [table.find(name) for name in table.names() if table.find(name).group in _GROUPS]
    lowered = sum(_status(records.get(facts.name)) == "lowered" for facts in shown)
    lines = [
        "# Operators",
        "",
        "Generated from the records by `python -m offboard.operators.documentation`. *Lowered* operators run on the",
        "accelerator and on the instance's CPU; what runs *on the instance* does so between pieces of the graph; the",
        "others are refused by name when a graph with them is bound.",
        "",
        f"{lowered} of {len(shown)} are lowered.",
        "",
        "| operator | aliases | status | notes |",
        "|---|---|---|---|",
    ]
    for facts in sorted(shown, key=lambda each: each.name.lower()):
        known = records.get(facts.name)
        note = ((known.lower.__doc__ or "") if known else "").strip().split("\n")[0].replace("|", "\\|")
        if known is not None and known.kernel is not None:
            note = f"{note} Not on the accelerator: {known.kernel.reason}.".strip()
        aliases = ", ".join(f"`{alias}`" for alias in facts.aliases)
        lines.append(f"| `{facts.name}` | {aliases} | {_status(known)} | {note} |")
    lines += ["", "Of MXNet's other operators, these are refused by name as soon as a graph with them is loaded:", ""]
    for reason, names in table.unsupported().items():
        listed = (
            f"{len(names)} operators, `{names[0]}` to `{names[-1]}`"
            if len(names) > 20
            else ", ".join(f"`{n}`" for n in names)
        )
        lines.append(f"- {reason}: {listed}")
    return "\n".join(lines) + "\n"


def _status(known: record.Operator | None) -> str:
    if known is None:
        return "refused"
    return "lowered" if known.kernel is None else "on the instance"


def main() -> None:
    """Writes the page."""
    _PATH.write_text(render(), "utf-8")


if __name__ == "__main__":
    main()
