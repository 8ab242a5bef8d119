"""``import mxnet`` resolves to Offboard: every ``mxnet.x.y`` is the same module as ``offboard.mxnet.x.y``."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import sys
from collections.abc import Sequence
from types import ModuleType

__all__ = ["install"]

_NAME, _TARGET = "mxnet", "offboard.mxnet"


class _Loader(importlib.abc.Loader):
    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return importlib.import_module(_TARGET + spec.name[len(_NAME) :])

    def exec_module(self, module: ModuleType) -> None:
        """The module was executed under its own name."""


class _Finder(importlib.abc.MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != _NAME and not fullname.startswith(_NAME + "."):
            return None
        try:
            importlib.import_module(_TARGET + fullname[len(_NAME) :])
        except ModuleNotFoundError as error:
            if error.name is not None and error.name.startswith(_TARGET):
                return None
            raise
        return importlib.machinery.ModuleSpec(fullname, _Loader())


def install() -> None:
    """Makes ``import mxnet`` give Offboard in this process; a real MXNet imported before stays what it was."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
