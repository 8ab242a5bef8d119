"""Checkpoints, symbols and parameters in files, and blocks made of them."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.mxnet.behaviours.networks import linear_net, linear_weights
from tests.mxnet.behaviours.registry import BEHAVIOURS, behaviour


@behaviour
def load_checkpoint_that_is_not_there(mx: Any) -> Any:
    return mx.model.load_checkpoint("not-there", 1)


def _in_folder(action: Callable[[Any, str], Any], name: str) -> None:
    def inside(mx: Any) -> Any:
        with tempfile.TemporaryDirectory() as folder:
            return action(mx, folder)

    BEHAVIOURS[name] = inside


def _checkpoint(mx: Any, folder: str, **arrays: Any) -> str:
    prefix = str(Path(folder) / "net")
    linear_net(mx).save(f"{prefix}-symbol.json")
    mx.nd.save(f"{prefix}-0003.params", arrays)
    return prefix


def _loaded_names(mx: Any, folder: str) -> Any:
    given = {"arg:fc1_bias": mx.nd.ones((4,)), "aux:m": mx.nd.ones((1,)), "other:x": mx.nd.ones((1,))}
    symbol, arguments, states = mx.model.load_checkpoint(_checkpoint(mx, folder, **given), 3)
    return [type(symbol).__name__, sorted(arguments), sorted(states)]


_in_folder(_loaded_names, "other prefixes of parameters are dropped")
_in_folder(
    lambda mx, folder: mx.model.load_checkpoint(_checkpoint(mx, folder, plain=mx.nd.ones((1,))), 3),
    "a parameter without a prefix",
)
_in_folder(
    lambda mx, folder: mx.nd.save(str(Path(folder) / "no" / "x.params"), [mx.nd.ones((1,))]),
    "saving arrays to a missing directory",
)
_in_folder(
    lambda mx, folder: linear_net(mx).save(str(Path(folder) / "no" / "x.json")),
    "saving a symbol to a missing directory",
)


def _saved_without_casts(mx: Any, folder: str) -> Any:
    prefix = str(Path(folder) / "net")
    cast = mx.sym.amp_cast(linear_net(mx), dtype="float32", name="cast")
    mx.model.save_checkpoint(prefix, 1, cast, linear_weights(mx), {})
    return [sorted(path.name for path in Path(folder).iterdir()), mx.sym.load(f"{prefix}-symbol.json").list_outputs()]


_in_folder(_saved_without_casts, "saved checkpoints have no amp_cast")


@behaviour
def loading_a_symbol_from_a_number(mx: Any) -> Any:
    return mx.sym.load(3)


@behaviour
def loading_a_symbol_from_a_number_as_json(mx: Any) -> Any:
    return mx.sym.load_json(3)


@behaviour
def loading_arrays_from_a_number(mx: Any) -> Any:
    return mx.nd.load(3)


def _imported(names: Any, arrays: Callable[[Any], dict[str, Any]] | None, **options: Any) -> Callable[[Any, str], Any]:
    def action(mx: Any, folder: str) -> Any:
        prefix = _checkpoint(mx, folder, **(arrays(mx) if arrays else {}))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            block = mx.gluon.SymbolBlock.imports(
                f"{prefix}-symbol.json", names, f"{prefix}-0003.params" if arrays else None, **options
            )
            return block(mx.nd.ones((2, 3))).asnumpy().tolist()

    return action


def _complete(mx: Any) -> dict[str, Any]:
    return {f"arg:{name}": array for name, array in linear_weights(mx).items()}


def _incomplete(mx: Any) -> dict[str, Any]:
    return {"arg:fc1_weight": mx.nd.ones((4, 3))}


def _extra(mx: Any) -> dict[str, Any]:
    return {**_complete(mx), "arg:extra": mx.nd.ones((1,))}


_in_folder(_imported(["data"], _complete), "imports of a network")
_in_folder(_imported(["nope"], _complete), "imports with a wrong input name")
_in_folder(_imported(["data"], _incomplete), "imports of incomplete parameters")
_in_folder(_imported(["data"], _incomplete, allow_missing=True), "imports of incomplete parameters allowed")
_in_folder(_imported(["data"], _extra), "imports of extra parameters")
_in_folder(_imported(["data"], _extra, ignore_extra=True), "imports of extra parameters allowed")
_in_folder(_imported(["data"], None), "a call of an imported network without parameters")


@behaviour
def imports_of_a_missing_file(mx: Any) -> Any:
    return mx.gluon.SymbolBlock.imports("not-there-symbol.json", ["data"])
