"""Real MXNet's cases, graphs and refusals, replayed on the CPU and on an accelerator.

A group of cases is one test, that lists those that differ. Every case counts, whichever its operators are.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import offboard.mxnet as mx
from offboard.errors import MXNetError
from offboard.operators import record

GROUPS = [
    *("activation", "attention", "binary", "cast", "controlflow", "conv", "creation", "dense", "detection", "graphs"),
    *("image", "index", "linalg", "norm", "pooling", "quantized", "reduce", "rnn", "scalar", "sequence", "shape"),
    *("spatial", "unary"),
]


@pytest.fixture(scope="module")
def golden(shared_data: Path) -> Path:
    return shared_data / "mxnet" / "golden-a"


@pytest.fixture(scope="module")
def cases(golden: Path) -> dict[str, list[dict[str, Any]]]:
    listed = defaultdict(list)
    for case in json.loads((golden / "index.json").read_text())["cases"]:
        listed[case["group"]].append(case)
    return listed


def _differences(cases: list[dict[str, Any]], stored: Any, replay: Callable[[dict[str, Any], Any, str], None]) -> str:
    """What differs, a case a line."""
    found = []
    for case in cases:
        try:
            replay(case, stored, stored[f"{case['id']}|json"].tobytes().decode())
        except Exception as error:
            found.append(f"{case['id']} {type(error).__name__}: {str(error).strip().splitlines()[-1:]}")
    return "\n".join(found)


def _forward(context: mx.Context, case: dict[str, Any], stored: Any, text: str) -> Any:
    """Binds a case, compares its outputs with the stored ones, and returns the executor."""
    key = case["id"]
    symbol = mx.sym.load_json(text)

    def arrays(kind: str, names: list[str]) -> dict[str, mx.nd.NDArray]:
        values = {name: stored[f"{key}|{kind}|{name}"] for name in names}
        return {name: mx.nd.array(value, dtype=value.dtype) for name, value in values.items()}

    executor = symbol.bind(
        context,
        arrays("arg", case["arguments"]),
        grad_req="null",
        aux_states=arrays("aux", case["auxiliary_states"]),
    )
    for number, output in enumerate(executor.forward(is_train=False)):
        made, expected = output.asnumpy(), stored[f"{key}|out|{number}"]
        if str(number) in case.get("valid_rows", {}):
            rows = slice(case["valid_rows"][str(number)])
            made, expected = made[rows], expected[rows]
        assert made.dtype == expected.dtype
        np.testing.assert_allclose(
            made.astype(np.float64), expected.astype(np.float64), rtol=case["rtol"], atol=case["atol"]
        )
    return executor


@pytest.mark.parametrize("group", GROUPS)
def test_on_cpu(group: str, golden: Path, cases: dict[str, list[dict[str, Any]]]) -> None:
    def replay(case: dict[str, Any], stored: Any, text: str) -> None:
        _forward(mx.cpu(), case, stored, text)

    with np.load(golden / f"{group}.npz") as stored:
        assert not _differences(cases[group], stored, replay)


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.usefixtures("accelerator")
def test_on_eia(group: str, golden: Path, cases: dict[str, list[dict[str, Any]]]) -> None:
    def replay(case: dict[str, Any], stored: Any, text: str) -> None:
        report = _forward(mx.eia(), case, stored, text).report()
        assert report.instance_nodes == 0
        assert report.accelerated_nodes == sum(node["op"] != "null" for node in json.loads(text)["nodes"])

    with np.load(golden / f"{group}.npz") as stored:
        assert not _differences(cases[group], stored, replay)


def test_every_case_is_replayed(cases: dict[str, list[dict[str, Any]]]) -> None:
    assert sorted(cases) == sorted(GROUPS)
    listed = [case for group in GROUPS for case in cases[group]]
    assert len(listed) == 2613
    assert sum(bool(case["infer"]) for case in listed) == 2183
    assert len(cases["graphs"]) == 40


def test_instance_kernels_are_these() -> None:
    """What no accelerator runs: what has its code in the program, or draws from the program's generator."""
    kernels = [each.facts for each in record.registry().values() if each.kernel]
    assert [facts.name for facts in kernels if facts.group != "random"] == ["Custom"]


@pytest.mark.parametrize("group", GROUPS)
def test_lists_and_shapes(group: str, golden: Path, cases: dict[str, list[dict[str, Any]]]) -> None:
    def replay(case: dict[str, Any], stored: Any, text: str) -> None:
        symbol = mx.sym.load_json(text)
        assert symbol.list_arguments() == case["arguments"]
        assert symbol.list_outputs() == case["outputs"]
        assert symbol.list_auxiliary_states() == case["auxiliary_states"]
        wanted = case["infer"]
        if wanted:
            given = {name: tuple(shape) for name, shape in wanted["given"].items()}
            found = [[list(shape) for shape in part] for part in symbol.infer_shape(**given)]
            assert found == [wanted["arg_shapes"], wanted["out_shapes"], wanted["aux_shapes"]]

    with np.load(golden / f"{group}.npz") as stored:
        assert not _differences(cases[group], stored, replay)


_x, _y = mx.sym.var("x"), mx.sym.var("y")
# What the index names without a graph: calls that compose a symbol.
COMPOSED: dict[str, Callable[[], Any]] = {
    "conv-missing-kernel": lambda: mx.sym.Convolution(_x, num_filter=2),
    "conv-bad-int": lambda: mx.sym.Convolution(_x, num_filter="two", kernel=(3, 3)),
    "conv-unknown-attr": lambda: mx.sym.Convolution(_x, num_filter=2, kernel=(3, 3), foo=1),
    "act-bad-enum": lambda: mx.sym.Activation(_x, act_type="foo"),
    "act-missing-type": lambda: mx.sym.Activation(_x),
    "pool-bad-type": lambda: mx.sym.Pooling(_x, kernel=(2, 2), pool_type="median"),
    "take-mode": lambda: mx.sym.take(_x, _y, mode="foo"),
    "rnn-bad-mode": lambda: mx.sym.RNN(_x, state_size=2, num_layers=1, mode="foo"),
    "too-many-inputs": lambda: mx.sym.elemwise_add(_x, _x, _x),
    "upsampling-scale-zero": lambda: mx.sym.UpSampling(_x, scale=0, sample_type="nearest"),
    "dropout-p": lambda: mx.sym.Dropout(_x, p=1.5),
    "cast-unknown-dtype": lambda: mx.sym.Cast(_x, dtype="float31"),
    "load-unknown-op": lambda: mx.sym.load_json(
        '{"nodes": [{"op": "Nope", "name": "n", "inputs": []}], "arg_nodes": [], "heads": [[0, 0, 0]]}'
    ),
    "load-not-json": lambda: mx.sym.load_json("not json"),
}


def _refused(case: dict[str, Any]) -> None:
    if "json" not in case:
        COMPOSED[case["id"].removeprefix("a-err-")]()
        return
    symbol = mx.sym.load_json(case["json"])
    shapes = {name: tuple(shape) for name, shape in case["shapes"].items()}
    if case["stage"] == "infer_type":
        symbol.infer_type(**case["types"])
    elif case["stage"] == "simple_bind":
        symbol.simple_bind(mx.cpu(), grad_req="null", **shapes)
    else:
        symbol.infer_shape(**shapes)


def test_what_mxnet_refuses(golden: Path) -> None:
    errors = [case for case in json.loads((golden / "index.json").read_text())["errors"] if "stage" in case]
    wrong = []
    for case in errors:
        try:
            _refused(case)
        except Exception as error:
            # Where MXNet raises a plain RuntimeError, we raise its subclass MXNetError.
            classes = {type(error).__name__, *(["RuntimeError"] if isinstance(error, MXNetError) else [])}
            names = [
                node["name"] for node in json.loads(case.get("json", '{"nodes": []}'))["nodes"] if node["op"] != "null"
            ]
            if case["exception"] not in classes or (
                case.get("mentions_operator") and not any(name in str(error) for name in names)
            ):
                wrong.append(f"{case['id']} {type(error).__name__}: {error}")
        else:
            wrong.append(f"{case['id']} is accepted")
    assert len(errors) == 58
    assert not wrong, "\n".join(wrong)
