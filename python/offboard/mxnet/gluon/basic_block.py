"""Block: the base of all layers and models, with parameters, children, names and hooks."""

from __future__ import annotations

import re
import warnings
from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

from offboard.mxnet import initializer as initializers
from offboard.mxnet import ndarray as nd
from offboard.mxnet.gluon.basic_parameter import Parameter
from offboard.mxnet.gluon.hooks import HookHandle
from offboard.mxnet.gluon.naming import BlockScope, prefix_and_parameters
from offboard.mxnet.gluon.parameter_dict import ParameterDict, brief
from offboard.mxnet.gluon.summary import print_summary

__all__ = ["Block", "indented"]

_Self = TypeVar("_Self", bound="Block")


def indented(text: str) -> str:
    """Two spaces before every line but the first."""
    return text.replace("\n", "\n  ")


class Block:
    """A layer or a model. Blocks and parameters that are set as attributes are found by everything below."""

    _prefix: str
    _params: ParameterDict

    def __init__(self, prefix: str | None = None, params: ParameterDict | None = None) -> None:
        self._empty_prefix = prefix == ""
        self._prefix, self._params = prefix_and_parameters(prefix, params, self._alias())
        self._scope = BlockScope(self)
        self._children: dict[str, Block] = {}
        self._reg_params: dict[str, Parameter] = {}
        self._forward_hooks: dict[int, Callable[..., Any]] = {}
        self._forward_pre_hooks: dict[int, Callable[..., Any]] = {}

    def __repr__(self) -> str:
        rows = [f"  ({key}): {indented(repr(value))}" for key, value in vars(self).items() if isinstance(value, Block)]
        return "{}(\n{}\n)".format(type(self).__name__, "\n".join(rows))

    def __setattr__(self, name: str, value: Any) -> None:
        existing = getattr(self, name, None)
        if isinstance(existing, (Parameter, Block)) and not isinstance(value, type(existing)):
            raise TypeError(f"Changing attribute type for {name} from {type(existing)} to {type(value)}is not allowed.")
        if isinstance(value, Block):
            self.register_child(value, name)
        elif isinstance(value, Parameter):
            assert name not in self._reg_params, (
                f"Overriding Parameter attribute {name} is not allowed. If you want to share parameters between "
                "blocks, please set 'params' at Block construction instead."
            )
            self._reg_params[name] = value
        super().__setattr__(name, value)

    # Names

    def _alias(self) -> str:
        return type(self).__name__.lower()

    @property
    def prefix(self) -> str:
        """What the names of its parameters and children begin with."""
        return self._prefix

    @property
    def name(self) -> str:
        """The prefix without the underscore at its end."""
        return self._prefix.removesuffix("_")

    def name_scope(self) -> BlockScope:
        """The scope to make children in, so that their names begin with this block's."""
        return self._scope

    # Parameters

    @property
    def params(self) -> ParameterDict:
        """Its own parameters, without its children's."""
        return self._params

    def collect_params(self, select: str | None = None) -> ParameterDict:
        """Its and its children's parameters; only those whose names match the regular expression ``select``."""
        self._warn_of_containers()
        made = ParameterDict(self._params.prefix)
        pattern = re.compile(select or "")
        made.update({name: value for name, value in self.params.items() if pattern.match(name)})
        for child in self._children.values():
            made.update(child.collect_params(select=select))
        return made

    def _warn_of_containers(self) -> None:
        for name, value in vars(self).items():
            container = isinstance(value, (list, tuple, dict)) and name != "_children"
            if container and self._holds_unregistered(value):
                warnings.warn(
                    f'"{type(self).__name__}.{name}" is an unregistered container with Blocks. Note that Blocks '
                    "inside the list, tuple or dict will not be registered automatically. Make sure to register "
                    "them using register_child() or switching to nn.Sequential/nn.HybridSequential instead. ",
                    stacklevel=4,
                )

    def _holds_unregistered(self, value: Any) -> bool:
        if isinstance(value, dict):
            value = list(value.values())
        if isinstance(value, (list, tuple)):
            return any(self._holds_unregistered(item) for item in value)
        return isinstance(value, Block) and all(value is not child for child in self._children.values())

    def _collect_params_with_prefix(self, prefix: str = "") -> dict[str, Parameter]:
        """All parameters by the attributes that lead to them: ``features.0.weight``."""
        if prefix:
            prefix += "."
        made = {prefix + key: value for key, value in self._reg_params.items()}
        for name, child in self._children.items():
            made.update(child._collect_params_with_prefix(prefix + name))
        return made

    def initialize(
        self,
        init: Any = initializers.Uniform(),  # noqa: B008
        ctx: Any = None,
        verbose: bool = False,
        force_reinit: bool = False,
    ) -> None:
        """Gives values to all parameters; on ``ctx=mx.eia()`` the block runs on the accelerator."""
        self.collect_params().initialize(init, ctx, verbose, force_reinit)

    def save_parameters(self, filename: str, deduplicate: bool = False) -> None:
        """Writes all parameters by their structural names; a shared one once if ``deduplicate``."""
        params = self._collect_params_with_prefix()
        if deduplicate:
            last = {value: key for key, value in params.items()}
            params = {key: value for value, key in last.items()}
        nd.save(filename, {key: value._reduce() for key, value in params.items()})

    def load_parameters(
        self,
        filename: str,
        ctx: Any = None,
        allow_missing: bool = False,
        ignore_extra: bool = False,
        cast_dtype: bool = False,
        dtype_source: str = "current",
    ) -> None:
        """Takes the values of a file by structural names, or by full names as old versions and ``export`` wrote."""
        loaded = nd.load(filename)
        params = self._collect_params_with_prefix()
        if not loaded and not params:
            return
        if not any("." in name for name in loaded):
            self.collect_params().load(
                filename, ctx, allow_missing, ignore_extra, self.prefix, cast_dtype, dtype_source
            )
            return
        if not allow_missing:
            names = defaultdict(list)
            for name, parameter in params.items():
                names[parameter].append(name)
            for name, parameter in params.items():
                assert any(each in loaded for each in names[parameter]), (
                    f"Parameter '{name}' is missing in file '{filename}', which contains parameters: "
                    f"{brief(loaded)}. Set allow_missing=True to ignore missing parameters."
                )
        for name, value in loaded.items():
            if name in params:
                params[name]._load_init(value, ctx, cast_dtype, dtype_source, owned=True)
            elif not ignore_extra:
                raise ValueError(
                    f"Parameter '{name}' loaded from file '{filename}' is not present in ParameterDict, which "
                    f"contains parameters {brief(self._params)}. Set ignore_extra=True to ignore. "
                )

    def save_params(self, filename: str) -> None:
        """``save_parameters`` of old, by full names."""
        warnings.warn(
            "save_params is deprecated. Please use save_parameters. Note that if you want load from SymbolBlock "
            "later, please use export instead.",
            stacklevel=2,
        )
        self.collect_params().save(filename, strip_prefix=self.prefix)

    def load_params(
        self, filename: str, ctx: Any = None, allow_missing: bool = False, ignore_extra: bool = False
    ) -> None:
        """``load_parameters`` of old."""
        warnings.warn("load_params is deprecated. Please use load_parameters.", stacklevel=2)
        self.load_parameters(filename, ctx, allow_missing, ignore_extra)

    def cast(self, dtype: Any) -> None:
        """Another type for the values of all parameters."""
        for child in self._children.values():
            child.cast(dtype)
        for parameter in self.params.values():
            parameter.cast(dtype)

    # Children and hooks

    def register_child(self, block: Block, name: str | None = None) -> None:
        """Adds a child, under its number unless named."""
        self._children[str(len(self._children)) if name is None else name] = block

    def apply(self: _Self, fn: Callable[[Block], Any]) -> _Self:
        """Calls ``fn`` with every child, then with itself."""
        for child in self._children.values():
            child.apply(fn)
        fn(self)
        return self

    def register_forward_pre_hook(self, hook: Callable[..., Any]) -> HookHandle:
        """Calls ``hook(block, inputs)`` before every forward."""
        return HookHandle(self._forward_pre_hooks, hook)

    def register_forward_hook(self, hook: Callable[..., Any]) -> HookHandle:
        """Calls ``hook(block, inputs, outputs)`` after every forward."""
        return HookHandle(self._forward_hooks, hook)

    def register_op_hook(self, callback: Callable[..., Any], monitor_all: bool = False) -> None:
        """Lets ``callback(node, operator, array)`` see operators' outputs, in the children that are hybridized."""
        for child in self._children.values():
            child.register_op_hook(callback, monitor_all)

    # Running

    def hybridize(self, active: bool = True, **kwargs: Any) -> None:
        """Lets the children that can be graphs run as graphs."""
        for child in self._children.values():
            child.hybridize(active, **kwargs)

    def __call__(self, *args: Any) -> Any:
        """Runs ``forward`` between the hooks."""
        for hook in list(self._forward_pre_hooks.values()):
            hook(self, args)
        made = self.forward(*args)
        for hook in list(self._forward_hooks.values()):
            hook(self, args, made)
        return made

    def forward(self, *args: Any) -> Any:
        """The computation, by a subclass."""
        raise NotImplementedError

    def summary(self, *inputs: Any) -> None:
        """Runs on ``inputs`` and prints every layer's output shape and number of parameters."""
        print_summary(self, inputs)
