"""Dictionaries of parameters: sharing, initialising, saving and loading them together."""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, Sequence, ValuesView
from typing import Any

import numpy as np

from offboard.mxnet import initializer as initializers
from offboard.mxnet import ndarray as nd
from offboard.mxnet.context import Context
from offboard.mxnet.gluon.basic_parameter import Constant, Parameter
from offboard.mxnet.ndarray.ndarray import NDArray, resolve_dtype

__all__ = ["ParameterDict", "brief"]

_NAMING = "https://mxnet.io/api/python/docs/tutorials/packages/gluon/blocks/naming.html"


class ParameterDict:
    """Parameters by name, all beginning with one prefix; some may be shared with another dictionary."""

    def __init__(self, prefix: str = "", shared: ParameterDict | None = None) -> None:
        self._prefix = prefix
        self._params: dict[str, Parameter] = {}
        self._shared = shared

    def __repr__(self) -> str:
        rows = "\n".join(f"  {parameter}" for parameter in self.values())
        return f"{self._prefix + ' ' if self._prefix else ''}(\n{rows}\n)"

    def __getitem__(self, key: str) -> Parameter:
        return self._params[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._params)

    def __len__(self) -> int:
        return len(self._params)

    def __contains__(self, key: object) -> bool:
        return key in self._params

    def items(self) -> ItemsView[str, Parameter]:
        """Names and parameters."""
        return self._params.items()

    def keys(self) -> KeysView[str]:
        """Full names."""
        return self._params.keys()

    def values(self) -> ValuesView[Parameter]:
        """Parameters."""
        return self._params.values()

    @property
    def prefix(self) -> str:
        """What every name made by ``get`` begins with."""
        return self._prefix

    def _found(self, name: str) -> Parameter | None:
        if name not in self._params and self._shared is not None and name in self._shared._params:
            self._params[name] = self._shared._params[name]
        return self._params.get(name)

    def get(self, name: str, **kwargs: Any) -> Parameter:
        """The parameter of this name after the prefix, made from ``kwargs`` when there is none yet.

        Raises:
            AssertionError: it is there, with other attributes than are asked for.
        """
        name = self.prefix + name
        found = self._found(name)
        if found is None:
            found = self._params[name] = Parameter(name, **kwargs)
            return found
        for key, wanted in kwargs.items():
            stored = getattr(found, key, None)
            if stored is None:
                setattr(found, key, wanted)
            elif key == "shape" and wanted is not None and _merged(wanted, stored) is not None:
                found._shape = _merged(wanted, stored)
            elif key != "dtype" or resolve_dtype(wanted) != resolve_dtype(stored):
                assert wanted is None or wanted == stored, (
                    f"Cannot retrieve Parameter '{name}' because desired attribute does not match with stored for "
                    f"attribute '{key}': desired '{wanted}' vs stored '{stored}'."
                )
        return found

    def get_constant(self, name: str, value: Any = None) -> Parameter:
        """The constant of this name after the prefix, made from ``value`` when there is none yet."""
        name = self.prefix + name
        found = self._found(name)
        if found is None:
            if value is None:
                raise KeyError(
                    f"No constant named '{name}'. Please specify value if you want to create a new constant."
                )
            found = self._params[name] = Constant(name, value)
        elif value is not None:
            assert isinstance(found, Constant), f"Parameter '{name}' already exists but it is not a constant."
            wanted = value.asnumpy() if isinstance(value, NDArray) else np.asarray(value)
            assert np.array_equal(found.value.asnumpy(), wanted), (
                f"Constant '{name}' already exists but it's value doesn't match new value"
            )
        return found

    def update(self, other: Mapping[str, Parameter] | ParameterDict) -> None:
        """Adds the parameters of another dictionary."""
        for name, parameter in other.items():
            assert self._params.get(name, parameter) is parameter, (
                f"Cannot update self with other because they have different Parameters with the same name '{name}'"
            )
        self._params.update(other.items())

    def initialize(
        self,
        init: Any = initializers.Uniform(),  # noqa: B008
        ctx: Any = None,
        verbose: bool = False,
        force_reinit: bool = False,
    ) -> None:
        """Gives values to all, by their own initializers where they have one."""
        if verbose:
            init.set_verbosity(verbose=verbose)
        for parameter in self.values():
            parameter.initialize(None, ctx, init, force_reinit=force_reinit)

    def zero_grad(self) -> None:
        """There are no gradients."""

    def reset_ctx(self, ctx: Any) -> None:
        """Other contexts for the same values; on ``mx.eia()`` the blocks that have them run there."""
        for parameter in self.values():
            parameter.reset_ctx(ctx)

    def list_ctx(self) -> list[Context]:
        """All contexts that any of them is on."""
        return list({context for parameter in self.values() for context in parameter.list_ctx()})

    def setattr(self, name: str, value: Any) -> None:
        """Sets an attribute of all."""
        for parameter in self.values():
            setattr(parameter, name, value)

    def save(self, filename: str, strip_prefix: str = "") -> None:
        """Writes the values by name, less ``strip_prefix``."""
        named = {}
        for parameter in self.values():
            if not parameter.name.startswith(strip_prefix):
                raise ValueError(
                    f"Prefix '{strip_prefix}' is to be striped before saving, but Parameter's name "
                    f"'{parameter.name}' does not start with '{strip_prefix}'. this may be due to your Block shares "
                    "parameters from other Blocks or you forgot to use 'with name_scope()' when creating child "
                    f"blocks. For more info on naming, please see {_NAMING}"
                )
            named[parameter.name[len(strip_prefix) :]] = parameter._reduce()
        nd.save(filename, named)

    def load(
        self,
        filename: str,
        ctx: Any = None,
        allow_missing: bool = False,
        ignore_extra: bool = False,
        restore_prefix: str = "",
        cast_dtype: bool = False,
        dtype_source: str = "current",
    ) -> None:
        """Takes the values of a file, whose names are put after ``restore_prefix``."""
        for name in self.keys() if restore_prefix else ():
            assert name.startswith(restore_prefix), (
                f"restore_prefix is '{restore_prefix}' but Parameters name '{name}' does not start with "
                f"'{restore_prefix}'. For more info on naming, please see {_NAMING}"
            )
        self._take(
            nd.load(filename), ctx, allow_missing, ignore_extra, restore_prefix, f"file: {filename}", cast_dtype,
            dtype_source, owned=True,
        )  # fmt: skip

    def load_dict(
        self,
        param_dict: Mapping[str, NDArray],
        ctx: Any = None,
        allow_missing: bool = False,
        ignore_extra: bool = False,
        restore_prefix: str = "",
        filename: str | None = None,
        cast_dtype: bool = False,
        dtype_source: str = "current",
    ) -> None:
        """Takes values by name; ``arg:`` and ``aux:`` before names are left out."""
        origin = f"file: {filename}" if filename else "param_dict"
        self._take(
            param_dict, ctx, allow_missing, ignore_extra, restore_prefix, origin, cast_dtype, dtype_source, owned=False
        )

    def _take(
        self,
        arrays: Mapping[str, NDArray],
        ctx: Any,
        allow_missing: bool,
        ignore_extra: bool,
        prefix: str,
        origin: str,
        cast_dtype: bool,
        dtype_source: str,
        *,
        owned: bool,
    ) -> None:
        given = {
            prefix + (key[4:] if key.startswith(("arg:", "aux:")) else key): value for key, value in arrays.items()
        }
        advice = (
            "Please make sure source and target networks have the same prefix."
            f"For more info on naming, please see {_NAMING}"
        )
        for name in self.keys() if not allow_missing else ():
            assert name in given, (
                f"Parameter '{name[len(prefix) :]}' is missing in {origin}, which contains parameters: "
                f"{brief(given)}. {advice}"
            )
        for name, value in given.items():
            if name in self._params:
                self._params[name]._load_init(value, ctx, cast_dtype, dtype_source, owned=owned)
            else:
                assert ignore_extra, (
                    f"Parameter '{name[len(prefix) :]}' loaded from {origin} is not present in ParameterDict, "
                    f"choices are: {brief(self._params)}. Set ignore_extra to True to ignore. {advice}"
                )


def _merged(wanted: Sequence[int], stored: Sequence[int]) -> tuple[int, ...] | None:
    """Two shapes, each known in part, as one; None where they disagree."""
    if len(wanted) != len(stored) or any(a != b and a > 0 and b > 0 for a, b in zip(wanted, stored, strict=True)):
        return None
    return tuple(b if a in (0, -1) else a for a, b in zip(wanted, stored, strict=True))


def brief(names: Iterable[str]) -> str:
    """At most the first three and last four names, quoted."""
    listed = [f"'{name}'" for name in names]
    if len(listed) > 7:
        listed = [*listed[:3], "...", *listed[-4:]]
    return ", ".join(listed)
