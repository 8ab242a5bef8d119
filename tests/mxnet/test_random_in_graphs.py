"""Random operators inside graphs: drawn by the instance, what is around them runs on the accelerator."""

import numpy as np
import pytest

import offboard.mxnet as mx


def _noisy() -> mx.sym.Symbol:
    layer = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=3, no_bias=True, name="fc")
    # What shape is drawn, only the sum says.
    noise = mx.sym.random.uniform(low=10, high=11, name="noise")
    return mx.sym.relu(layer + noise, name="last")


@pytest.mark.usefixtures("accelerator")
@pytest.mark.parametrize("context", [mx.cpu(), mx.eia()], ids=str)
def test_noise_between_layers(context: mx.Context) -> None:
    arrays = {"data": mx.nd.ones((2, 4)), "fc_weight": mx.nd.zeros((3, 4))}
    executor = _noisy().bind(context, arrays)
    first, second = (executor.forward()[0].asnumpy() for _ in range(2))
    for each in (first, second):
        assert each.shape == (2, 3)
        assert (each >= 10).all()
        assert (each < 11).all()
    assert (first != second).all()
    if context.device_type == "eia":
        nodes = executor.report().nodes
        assert nodes["noise"] == "instance"
        assert {place for name, place in nodes.items() if name != "noise"} == {"accelerator"}


@pytest.mark.usefixtures("accelerator")
def test_a_choice_by_probabilities_on_the_accelerator() -> None:
    chosen = mx.sym.random.multinomial(mx.sym.softmax(mx.sym.var("data")), shape=5, get_prob=False)
    executor = chosen.bind(mx.eia(), {"data": mx.nd.array([[0, 100], [100, 0]])})
    np.testing.assert_array_equal(executor.forward()[0].asnumpy(), [[1] * 5, [0] * 5])


def _drawn(low: float) -> mx.sym.Symbol:
    return mx.sym.random.uniform(low=low, high=low + 1, shape=(2,))


def _outputs(symbols: list[mx.sym.Symbol], context: mx.Context, **arrays: list[float]) -> list[np.ndarray]:
    executor = mx.sym.Group(symbols).bind(context, {name: mx.nd.array(values) for name, values in arrays.items()})
    return [each.asnumpy() for each in executor.forward()]


@pytest.mark.usefixtures("accelerator")
@pytest.mark.parametrize("context", [mx.cpu(), mx.eia()], ids=str)
def test_a_loop_draws_in_every_step(context: mx.Context) -> None:
    weight = mx.sym.var("weight")
    rows, total = mx.sym.contrib.foreach(
        lambda x, s: (mx.sym.dot(weight, x) + mx.sym.floor(_drawn(10)), s + x),
        mx.sym.var("data"),
        mx.sym.var("state"),
    )
    data, weights = [[1, 2], [3, 4], [5, 6]], [[0, 1], [1, 0]]
    executor = mx.sym.Group([rows, total]).bind(
        context, {"data": mx.nd.array(data), "state": mx.nd.zeros((2,)), "weight": mx.nd.array(weights)}
    )
    for _ in range(2):
        outputs, state = (each.asnumpy() for each in executor.forward())
        np.testing.assert_array_equal(outputs, [[12, 11], [14, 13], [16, 15]])
        np.testing.assert_array_equal(state, [9, 12])
    report = executor.report()
    (loop,) = (place for name, place in report.nodes.items() if name.startswith("_foreach"))
    assert loop == "instance"
    assert (report.accelerated_nodes > 0) == (context.device_type == "eia")
    assert report.seconds["instance"] > 0


@pytest.mark.usefixtures("accelerator")
@pytest.mark.parametrize("context", [mx.cpu(), mx.eia()], ids=str)
def test_a_loop_that_draws_ends_early_and_leaves_zeros(context: mx.Context) -> None:
    rows, (last, _) = mx.sym.contrib.while_loop(
        lambda i, h: i < 2,
        lambda i, h: (h + mx.sym.floor(_drawn(20)), [i + 1, h * 2]),
        [mx.sym.var("i"), mx.sym.var("h")],
        max_iterations=4,
    )
    outputs, count = _outputs([rows, last], context, i=[0], h=[1, 2])
    np.testing.assert_array_equal(outputs, [[21, 22], [22, 24], [0, 0], [0, 0]])
    np.testing.assert_array_equal(count, [2])


@pytest.mark.usefixtures("accelerator")
@pytest.mark.parametrize("context", [mx.cpu(), mx.eia()], ids=str)
@pytest.mark.parametrize(("x", "expected"), [(1.0, [31, 31]), (-1.0, [-1, -1])])
def test_a_branch_that_draws(context: mx.Context, x: float, expected: list[float]) -> None:
    a = mx.sym.var("x")
    chosen = mx.sym.contrib.cond(
        a > 0, lambda: mx.sym.floor(_drawn(30)) + mx.sym.tile(a, (2,)), lambda: mx.sym.tile(a, (2,))
    )
    np.testing.assert_array_equal(_outputs([chosen], context, x=[x])[0], expected)


@pytest.mark.usefixtures("accelerator")
@pytest.mark.parametrize("context", [mx.cpu(), mx.eia()], ids=str)
def test_a_loop_in_a_loop_draws(context: mx.Context) -> None:
    def outer(x: mx.sym.Symbol, s: mx.sym.Symbol) -> tuple[mx.sym.Symbol, mx.sym.Symbol]:
        rows, _ = mx.sym.contrib.foreach(lambda y, t: (y + mx.sym.floor(_drawn(40)), t), x, s)
        return rows, s

    rows, _ = mx.sym.contrib.foreach(outer, mx.sym.var("data"), mx.sym.var("state"))
    data = np.arange(8, dtype=np.float32).reshape(2, 2, 2)
    outputs = _outputs([rows], context, data=data.tolist(), state=[0])[0]
    np.testing.assert_array_equal(outputs, data + 40)
