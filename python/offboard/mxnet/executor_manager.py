"""``mx.executor_manager``: how a batch is shared out, which programs of MXNet's first years import."""

from __future__ import annotations

from collections.abc import Sequence

from offboard.mxnet.module.executor_group import split as _split_input_slice

__all__ = ["_check_arguments", "_split_input_slice"]


def _check_arguments(symbol: object) -> None:
    """Raises ValueError when two arguments or auxiliary states of a symbol have one name."""
    for kind in ("list_arguments", "list_auxiliary_states"):
        names: Sequence[str] = getattr(symbol, kind)()
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"Find duplicated argument name, please make them unique: {', '.join(twice)}")
