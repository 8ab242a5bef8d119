"""``mx.registry``: classes registered under names, and instances made from a name or a JSON text."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from typing import Any

__all__ = ["get_alias_func", "get_create_func", "get_register_func", "get_registry"]

_CLASSES: dict[type, dict[str, type]] = {}


def get_registry(base_class: type) -> dict[str, type]:
    """A copy of what is registered below a base class, by lower-case name."""
    return dict(_CLASSES.setdefault(base_class, {}))


def get_register_func(base_class: type, nickname: str) -> Callable[..., type]:
    """A function that registers a subclass, under its own name unless one is given."""
    known = _CLASSES.setdefault(base_class, {})

    def register(klass: type, name: str | None = None) -> type:
        assert issubclass(klass, base_class), f"Can only register subclass of {base_class.__name__}"
        key = (klass.__name__ if name is None else name).lower()
        if key in known:
            old = known[key]
            warnings.warn(
                f"New {nickname} {klass.__module__}.{klass.__name__} registered with name {key} is overriding "
                f"existing {nickname} {old.__module__}.{old.__name__}",
                UserWarning,
                stacklevel=2,
            )
        known[key] = klass
        return klass

    return register


def get_alias_func(base_class: type, nickname: str) -> Callable[..., Callable[[type], type]]:
    """A decorator maker that registers a subclass under more names."""
    register = get_register_func(base_class, nickname)

    def alias(*names: str) -> Callable[[type], type]:
        def decorate(klass: type) -> type:
            for name in names:
                register(klass, name)
            return klass

        return decorate

    return alias


def get_create_func(base_class: type, nickname: str) -> Callable[..., Any]:
    """A function that makes an instance from a name, a JSON text or a dictionary; an instance is returned as it is."""
    known = _CLASSES.setdefault(base_class, {})

    def create(*args: Any, **kwargs: Any) -> Any:
        name, rest = (args[0], args[1:]) if args else (kwargs.pop(nickname), ())
        if isinstance(name, base_class):
            assert not rest, f"{nickname} is already an instance. Additional arguments are invalid"
            assert not kwargs, f"{nickname} is already an instance. Additional arguments are invalid"
            return name
        if isinstance(name, dict):
            return create(**name)
        assert isinstance(name, str), f"{nickname} must be of string type"
        if name.startswith("["):
            listed, options = json.loads(name)
            return create(listed, **options)
        if name.startswith("{"):
            return create(**json.loads(name))
        assert name.lower() in known, f"{name} is not registered. Please register with {nickname}.register first"
        return known[name.lower()](*rest, **kwargs)

    return create
