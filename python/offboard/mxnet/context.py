"""Where things run: ``mx.cpu()`` is this instance, ``mx.eia()`` the accelerator attached to it."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import ClassVar

from offboard import rules
from offboard.errors import MXNetError

__all__ = [
    "Context", "cpu", "cpu_pinned", "current_context", "eia", "gpu", "gpu_memory_info", "num_gpus",
    "require_array_home", "require_single",
]  # fmt: skip


class Context:
    """A device: ``cpu``, ``gpu`` (constructs, never works), ``eia``. As a scope it is the default for new arrays."""

    devtype2str: ClassVar[dict[int, str]] = {1: "cpu", 2: "gpu", 3: "cpu_pinned", 5: "cpu_shared", 6: "eia"}
    devstr2type: ClassVar[dict[str, int]] = {text: number for number, text in devtype2str.items()}
    _default = threading.local()

    def __init__(self, device_type: str | Context, device_id: int = 0) -> None:
        given = device_type if isinstance(device_type, Context) else None
        self.device_typeid: int = given.device_typeid if given else Context.devstr2type[str(device_type)]
        self.device_id: int = given.device_id if given else int(device_id)
        self._outer: list[Context] = []

    @property
    def device_type(self) -> str:
        """The device's kind as text."""
        return Context.devtype2str[self.device_typeid]

    def __hash__(self) -> int:
        return hash((self.device_typeid, self.device_id))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Context)
            and self.device_typeid == other.device_typeid
            and self.device_id == other.device_id
        )

    def __str__(self) -> str:
        return f"{self.device_type}({self.device_id})"

    __repr__ = __str__

    def __enter__(self) -> Context:
        self._outer.append(current_context())
        Context._default.value = self
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        Context._default.value = self._outer.pop()

    def empty_cache(self) -> None:
        """Nothing is cached on a CPU."""


def current_context() -> Context:
    """The innermost scope's context, ``cpu(0)`` outside any."""
    found: Context | None = getattr(Context._default, "value", None)
    return found if found is not None else cpu()


def cpu(device_id: int = 0) -> Context:
    """This instance's CPU."""
    return Context("cpu", device_id)


def cpu_pinned(device_id: int = 0) -> Context:
    """The CPU's memory; nothing is pinned here."""
    return Context("cpu_pinned", device_id)


def gpu(device_id: int = 0) -> Context:
    """A GPU of the instance: it may be named, but there is none."""
    return Context("gpu", device_id)


def eia(device_id: int = 0) -> Context:
    """The accelerator of this instance."""
    return Context("eia", device_id)


def num_gpus() -> int:
    """No GPUs: an accelerator is no GPU of the instance."""
    return 0


def gpu_memory_info(device_id: int = 0) -> tuple[int, int]:
    """There is no GPU to ask."""
    raise MXNetError(rules.text("gpu_disabled"))


def require_array_home(context: Context, operator: str | None = None) -> None:
    """Raises MXNetError unless arrays can live on ``context``."""
    if context.device_type == "eia":
        require_single(context)
        raise MXNetError(rules.text("array_on_eia"))
    if context.device_type == "gpu":
        refusal = rules.text("gpu_disabled")
        raise MXNetError(refusal if operator is None else f"{refusal}\n{rules.text('gpu_operator', operator=operator)}")


def require_single(context: Context) -> None:
    """Raises MXNetError for any accelerator but the default one."""
    if context.device_type == "eia" and context.device_id != 0:
        raise MXNetError(rules.text("single_device", device_id=context.device_id))
