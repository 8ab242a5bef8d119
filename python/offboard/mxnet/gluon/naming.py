"""How blocks get their prefixes: ``dense0_``, ``dense1_``, and inside a parent's scope ``parent0_dense0_``."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import TYPE_CHECKING

from offboard.mxnet import name as names
from offboard.mxnet.gluon.parameter_dict import ParameterDict

if TYPE_CHECKING:
    from offboard.mxnet.gluon.basic_block import Block

__all__ = ["BlockScope", "prefix_and_parameters"]

_CURRENT = threading.local()


class BlockScope:
    """``with block.name_scope():`` children made in it are counted and prefixed by the block.

    A block of an empty prefix opens no scope of its own.
    """

    def __init__(self, block: Block) -> None:
        self.block = block
        self.counter: dict[str, int] = {}
        self._outer: list[tuple[BlockScope | None, names.Prefix]] = []

    def __enter__(self) -> BlockScope:
        if not self.block._empty_prefix:
            prefix = names.Prefix(self.block.prefix)
            prefix.__enter__()
            self._outer.append((_current(), prefix))
            _CURRENT.value = self
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self.block._empty_prefix:
            _CURRENT.value, prefix = self._outer.pop()
            prefix.__exit__(kind, error, trace)


def _current() -> BlockScope | None:
    found: BlockScope | None = getattr(_CURRENT, "value", None)
    return found


def prefix_and_parameters(prefix: str | None, params: ParameterDict | None, hint: str) -> tuple[str, ParameterDict]:
    """The full prefix of a new block, and the dictionary of its own parameters, which may share those of ``params``."""
    scope = _current()
    if scope is None:
        if prefix is None:
            prefix = names.current().get(None, hint) + "_"
        full, own = prefix, ParameterDict(prefix)
    else:
        if prefix is None:
            number = scope.counter.get(hint, 0)
            scope.counter[hint] = number + 1
            prefix = f"{hint}{number}_"
        parent = scope.block.params
        full, own = scope.block.prefix + prefix, ParameterDict(parent.prefix + prefix, parent._shared)
    return full, own if params is None else ParameterDict(params.prefix, params)
