"""Blocks that run others, and functions as blocks."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from offboard.mxnet import ndarray as nd
from offboard.mxnet import symbol as sym
from offboard.mxnet.gluon.basic_block import Block, indented
from offboard.mxnet.gluon.hybrid_block import HybridBlock
from offboard.mxnet.gluon.parameter_dict import ParameterDict

__all__ = ["HybridLambda", "HybridSequential", "Lambda", "Sequential"]


class _Stack(Block):
    """What both kinds of sequence have in common."""

    def __init__(self, prefix: str | None = None, params: ParameterDict | None = None) -> None:
        super().__init__(prefix=prefix, params=params)

    def add(self, *blocks: Block) -> None:
        """Puts blocks on top."""
        for block in blocks:
            self.register_child(block)

    def __repr__(self) -> str:
        rows = (f"  ({key}): {indented(repr(block))}" for key, block in self._children.items())
        return "{}(\n{}\n)".format(type(self).__name__, "\n".join(rows))

    def __getitem__(self, key: Any) -> Any:
        found = list(self._children.values())[key]
        if not isinstance(found, list):
            return found
        made = type(self)(prefix=self._prefix)
        with made.name_scope():
            made.add(*found)
        return made

    def __len__(self) -> int:
        return len(self._children)

    def _run(self, x: Any) -> Any:
        for block in self._children.values():
            x = block(x)
        return x


class Sequential(_Stack):
    """Runs blocks one after another."""

    def forward(self, x: Any) -> Any:
        """The output of the last."""
        return self._run(x)

    def hybridize(self, active: bool = True, **kwargs: Any) -> None:
        """Lets the children that can be graphs run as graphs."""
        if self._children and all(isinstance(child, HybridBlock) for child in self._children.values()):
            warnings.warn(
                f"All children of this Sequential layer '{self.prefix}' are HybridBlocks. Consider using "
                "HybridSequential for the best performance.",
                stacklevel=2,
            )
        super().hybridize(active, **kwargs)


class HybridSequential(_Stack, HybridBlock):
    """Runs blocks one after another, as one graph when hybridized."""

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """The output of the last."""
        return self._run(x)


class Lambda(Block):
    """A function, or an operator of ``mx.nd`` by name."""

    def __init__(self, function: str | Callable[..., Any], prefix: str | None = None) -> None:
        super().__init__(prefix=prefix)
        if isinstance(function, str):
            assert hasattr(nd, function), f"Function name {function} is not found in ndarray."
            function = getattr(nd, function)
        _require_callable(function)
        self._func_impl: Any = function

    def forward(self, *args: Any) -> Any:
        """Calls it."""
        return self._func_impl(*args)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._func_impl.__name__})"


class HybridLambda(HybridBlock):
    """A function of ``(F, x, ...)``, or an operator of both ``mx.nd`` and ``mx.sym`` by name."""

    def __init__(self, function: str | Callable[..., Any], prefix: str | None = None) -> None:
        super().__init__(prefix=prefix)
        if isinstance(function, str):
            name = function
            assert all(hasattr(each, name) for each in (nd, sym)), (
                f"Function name {name} is not found in symbol/ndarray."
            )
            self._func: Any = lambda F, *args: getattr(F, name)(*args)
            self._func_name = name
        else:
            _require_callable(function)
            self._func = function
            self._func_name = function.__name__

    def hybrid_forward(self, F: Any, x: Any, *args: Any) -> Any:
        """Calls it."""
        return self._func(F, x, *args)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._func_name})"


def _require_callable(function: Any) -> None:
    if not callable(function):
        raise ValueError(f"Unrecognized function in lambda: {function} of type {type(function)}")
