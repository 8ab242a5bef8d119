"""Every public name of MXNet 1.9.1 is there, or is in ``missing_names.json`` with the reason."""

import inspect
import json
from pathlib import Path
from typing import Any

import pytest

import offboard.mxnet as mx
from offboard.operators import table

REASONS: dict[str, list[str]] = json.loads((Path(__file__).parent / "missing_names.json").read_text())
OWNERS = {
    "Symbol methods": mx.sym.Symbol,
    "NDArray methods": mx.nd.NDArray,
    "Module methods": mx.mod.Module,
    "SymbolBlock": mx.gluon.SymbolBlock,
    "mx top": mx,
}


def _owner(key: str) -> Any:
    if key == "Executor":
        return (mx.sym.var("x") + 1).simple_bind(mx.cpu(), x=(1,))
    owner: Any = OWNERS.get(key, mx)
    for part in key.split(".")[1:] if key not in OWNERS else ():
        owner = getattr(owner, part)
    return owner


def test_what_is_missing_has_a_reason(shared_data: Path) -> None:
    listed: dict[str, list[str]] = json.loads((shared_data / "mxnet" / "python-namespace.json").read_text())
    missing = set()
    for key, names in listed.items():
        owner = _owner(key)
        missing |= {f"{key}.{name}" for name in names if not hasattr(owner, name)}
    assert missing == {name for names in REASONS.values() for name in names}


@pytest.mark.parametrize("part", ["", "contrib", "linalg", "image", "random", "op", "_internal", "sparse"])
def test_functions_are_listed_and_documented(part: str) -> None:
    for whole in (mx.nd, mx.sym):
        namespace = getattr(whole, part) if part else whole
        listed = [name for name in dir(namespace) if not name.startswith("__")]
        assert listed
        for name in listed:
            found = getattr(namespace, name)
            if inspect.isfunction(found) and not name.startswith("_"):
                assert inspect.getdoc(found), name
                assert inspect.signature(found).parameters is not None


def test_signatures_say_inputs_and_parameters() -> None:
    parameters = inspect.signature(mx.nd.Convolution).parameters
    assert list(parameters)[:4] == ["data", "weight", "bias", "kernel"]
    assert parameters["num_group"].default == 1
    assert {"out", "name"} <= set(parameters)
    assert "kernel : " in (mx.sym.Convolution.__doc__ or "")
    assert next(iter(inspect.signature(mx.nd.concat).parameters)) == "data"
    assert inspect.signature(mx.nd.concat).parameters["data"].kind is inspect.Parameter.VAR_POSITIONAL


def test_every_operator_is_a_function_of_both() -> None:
    for name in table.names(aliases=True):
        assert callable(getattr(mx.nd._internal, name)), name
        assert callable(getattr(mx.sym._internal, name)), name
