"""``mx.kv``: a store of one worker, which tells its rank; what training does with one is refused."""

from __future__ import annotations

from typing import Any, NoReturn

from offboard import rules
from offboard.errors import InferenceOnlyError, MXNetError

__all__ = ["KVStore", "KVStoreBase", "create"]

_LOCAL = ("local", "device", "local_allreduce_cpu", "local_allreduce_device", "local_update_cpu", "nccl")


class KVStoreBase:
    """A key-value store."""

    type: str
    rank: int
    num_workers: int


class KVStore(KVStoreBase):
    """A store within this process."""

    def __init__(self, type: str = "local") -> None:
        self.type = type
        self.rank = 0
        self.num_workers = 1

    def __getattr__(self, name: str) -> Any:
        if name in ("broadcast", "init", "pull", "push", "pushpull", "row_sparse_pull", "set_optimizer"):

            def refused(*args: Any, **kwargs: Any) -> NoReturn:
                raise InferenceOnlyError(rules.text("inference_only_cpu", operation=f"KVStore.{name}"))

            return refused
        raise AttributeError(f"'KVStore' object has no attribute '{name}'")


def create(name: str = "local") -> KVStore:
    """The store of a kind; raises MXNetError for one of several machines, TypeError unless it is named by a text."""
    if not isinstance(name, str):
        raise TypeError("name must be a string")
    if name.lower() not in _LOCAL:
        raise MXNetError(f"Key-value store {name} is not available: inference runs on one instance. Use 'local'")
    return KVStore(name)
