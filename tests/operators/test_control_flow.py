"""Loops and branches against Python's own, and what of them is refused."""

import json

import numpy as np
import pytest

import offboard.mxnet as mx
from offboard.errors import MXNetError

X = np.arange(1, 7, dtype=np.float32).reshape(3, 2)


def run(symbol: mx.sym.Symbol, **arrays: np.ndarray) -> list[np.ndarray]:
    given = {name: mx.nd.array(array, dtype=array.dtype) for name, array in arrays.items()}
    return [each.asnumpy() for each in symbol.bind(mx.cpu(), given).forward()]


def foreach(body, **kwargs) -> mx.sym.Symbol:
    outputs, states = mx.sym.contrib.foreach(body, mx.sym.var("data"), mx.sym.var("state"), **kwargs)
    return mx.sym.Group([outputs, states])


def test_foreach_carries_its_state() -> None:
    symbol = foreach(lambda x, s: (x + s, s * 2))
    outputs, state = run(symbol, data=X, state=np.array([1, 10], np.float32))
    np.testing.assert_array_equal(outputs, [[2, 12], [5, 24], [9, 46]])
    np.testing.assert_array_equal(state, [8, 80])


@pytest.mark.parametrize("dtype", ["float16", "float64", "int32", "int64"])
def test_foreach_keeps_types(dtype: str) -> None:
    symbol = foreach(lambda x, s: (x + s, s + x))
    outputs, state = run(symbol, data=X.astype(dtype), state=np.zeros(2, dtype))
    assert outputs.dtype == state.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(outputs, X.cumsum(0))


def test_foreach_of_a_vector_has_items_of_one_element() -> None:
    outputs, state = run(
        foreach(lambda x, s: (x + s, s * 2)), data=np.array([1, 2, 3], np.float32), state=np.ones(1, np.float32)
    )
    np.testing.assert_array_equal(outputs, [[2], [4], [7]])
    np.testing.assert_array_equal(state, [8])


def test_foreach_infers_shapes_both_ways() -> None:
    def body(x, s):
        return mx.sym.FullyConnected(x + s, num_hidden=2, name="fc"), s

    symbol = foreach(body)
    arguments, outputs, _ = symbol.infer_shape(data=(3, 4, 2))
    assert dict(zip(symbol.list_arguments(), arguments, strict=True)) == {
        "data": (3, 4, 2), "state": (4, 2), "fc_weight": (2, 2), "fc_bias": (2,),
    }  # fmt: skip
    assert outputs == [(3, 4, 2), (4, 2)]
    assert symbol.infer_type(state="float64")[0] == [np.float64] * 4


def test_foreach_refuses_a_state_that_changes_its_shape() -> None:
    with pytest.raises(MXNetError):
        run(foreach(lambda x, s: (x + s, mx.sym.concat(s, s, dim=0))), data=X, state=np.zeros(2, np.float32))


def test_nested_loops_see_their_surroundings() -> None:
    w = mx.sym.var("w")

    def outer(row, total):
        cells, last = mx.sym.contrib.foreach(lambda x, s: (x * w + s, s + x), row, total)
        return mx.sym.sum(cells, axis=0), last

    outputs, state = run(foreach(outer), data=X, state=np.zeros(1, np.float32), w=np.array([3], np.float32))
    # Row 1 2: cells 3+0, 6+1; row 3 4 from total 3: 9+3, 12+6; row 5 6 from total 10: 15+10, 18+15.
    np.testing.assert_array_equal(outputs, [[10], [30], [58]])
    np.testing.assert_array_equal(state, [21])


def while_loop(limit: float, rounds: int) -> mx.sym.Symbol:
    outputs, states = mx.sym.contrib.while_loop(
        lambda i, s: i < limit,
        lambda i, s: (i + s, [i + 1, s * 2]),
        [mx.sym.var("i"), mx.sym.var("s")],
        max_iterations=rounds,
    )
    return mx.sym.Group([outputs, *states])


@pytest.mark.parametrize(
    ("limit", "rounds", "rows", "i", "s"),
    [
        (3, 5, [1, 3, 6, 0, 0], 3, 8),
        (100, 2, [1, 3], 2, 4),
        (0, 3, [0, 0, 0], 0, 1),
    ],
)
def test_while_loop_ends_early_at_the_limit_or_at_once(
    limit: float, rounds: int, rows: list[int], i: int, s: int
) -> None:
    outputs, last_i, last_s = run(while_loop(limit, rounds), i=np.zeros(1, np.float32), s=np.ones(1, np.float32))
    np.testing.assert_array_equal(outputs, np.reshape(rows, (rounds, 1)))
    assert (last_i, last_s) == (i, s)


def test_while_loop_with_a_condition_of_two_numbers_is_refused() -> None:
    with pytest.raises(MXNetError, match="one number"):
        run(while_loop(3, 2), i=np.zeros(2, np.float32), s=np.zeros(2, np.float32))


@pytest.mark.parametrize(("a", "expected"), [(1, [6]), (-1, [-16])])
def test_cond_takes_one_branch(a: float, expected: list[float]) -> None:
    value, b = mx.sym.var("a"), mx.sym.var("b")
    symbol = mx.sym.contrib.cond(value > 0, lambda: value + b, lambda: value - b * 3)
    (output,) = run(symbol, a=np.array([a], np.float32), b=np.array([5], np.float32))
    np.testing.assert_array_equal(output, expected)


def test_cond_refuses_branches_of_different_shapes() -> None:
    value = mx.sym.var("a")
    symbol = mx.sym.contrib.cond(mx.sym.sum(value) > 0, lambda: value + 1, lambda: mx.sym.sum(value, axis=0))
    with pytest.raises(MXNetError, match="branches"):
        run(symbol, a=X)


def test_locations_that_do_not_fit_are_refused() -> None:
    document = json.loads(foreach(lambda x, s: (x + s, s)).tojson())
    loop = next(node for node in document["nodes"] if node["op"] == "_foreach")
    loop["attrs"]["in_state_locs"] = "[7]"
    symbol = mx.sym.load_json(json.dumps(document))
    with pytest.raises(MXNetError, match="Locations"):
        run(symbol, data=X, state=np.zeros(2, np.float32))
