"""``mx.optimizer``: the names are there for programs that import or subclass them; making one is refused."""

from __future__ import annotations

from typing import Any, NoReturn

from offboard import rules
from offboard.errors import InferenceOnlyError
from offboard.mxnet import registry

_NAMES = (
    "AdaDelta", "AdaGrad", "Adam", "Adamax", "DCASGD", "FTML", "Ftrl", "LAMB", "LARS", "LBSGD", "NAG", "Nadam",
    "RMSProp", "SGD", "SGLD", "Signum", "Test", "ccSGD",
)  # fmt: skip

__all__ = [*_NAMES, "Optimizer", "Updater", "create", "get_updater", "register"]  # noqa: PLE0604


def _refuse(name: str) -> NoReturn:
    raise InferenceOnlyError(rules.text("inference_only_cpu", operation=f"mx.optimizer.{name}"))


class Optimizer:
    """Refused: inference only."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        _refuse(type(self).__name__)

    @staticmethod
    def register(klass: type) -> type:
        """Registers a subclass under its name."""
        return register(klass)

    @staticmethod
    def create_optimizer(name: str, **kwargs: Any) -> NoReturn:
        """Refused: inference only."""
        _refuse(name)


register = registry.get_register_func(Optimizer, "optimizer")


def create(name: str, **kwargs: Any) -> NoReturn:
    """Refused: inference only."""
    _refuse(name)


def get_updater(optimizer: Any) -> NoReturn:
    """Refused: inference only."""
    _refuse("get_updater")


class Updater:
    """Refused: inference only."""

    def __init__(self, optimizer: Any) -> None:
        _refuse("Updater")


def _named(name: str) -> type[Optimizer]:
    documented = {"__doc__": "Refused: inference only.", "__module__": __name__}
    return register(type(name, (Optimizer,), documented))


for _name in _NAMES:
    globals()[_name] = _named(_name)
