"""Operators of the program, alone and inside graphs that run on the accelerator."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import offboard.mxnet as mx
from offboard.client import operator
from offboard.errors import MXNetError
from offboard.operators import custom


class Scale(mx.operator.CustomOp):
    """Multiplies, and adds its state."""

    def __init__(self, factor: float) -> None:
        self.factor = factor

    def forward(self, is_train: bool, req: Any, in_data: Any, out_data: Any, aux: Any) -> None:
        self.assign(out_data[0], req[0], in_data[0] * self.factor + aux[0])
        self.assign(out_data[1], req[1], in_data[1].sum())


@pytest.fixture(autouse=True)
def scale() -> Iterator[None]:
    @mx.operator.register("scale")
    class ScaleProp(mx.operator.CustomOpProp):
        def __init__(self, factor: str = "2") -> None:
            super().__init__(need_top_grad=False)
            self.factor = float(factor)

        def list_arguments(self) -> list[str]:
            return ["data", "label"]

        def list_outputs(self) -> list[str]:
            return ["output", "total"]

        def list_auxiliary_states(self) -> list[str]:
            return ["state"]

        def infer_shape(self, in_shape: list[list[int]]) -> Any:
            return [in_shape[0], (in_shape[0][0],)], [in_shape[0], (1,)], [in_shape[0]]

        def create_operator(self, ctx: Any, in_shapes: Any, in_dtypes: Any) -> Scale:
            assert str(ctx) == "cpu(0)"
            return Scale(self.factor)

    yield
    custom._FACTORIES.clear()
    custom._made.cache_clear()


def test_names_and_shapes_come_from_the_property() -> None:
    made = mx.sym.Custom(mx.sym.var("x") * 1, op_type="scale", factor=3, name="s")
    assert made.list_arguments() == ["x", "s_label"]
    assert made.list_auxiliary_states() == ["s_state"]
    assert made.list_outputs() == ["s_output", "s_total"]
    assert made.infer_shape(x=(2, 3)) == ([(2, 3), (2,)], [(2, 3), (1,)], [(2, 3)])


def test_imperative() -> None:
    x, label, state = mx.nd.ones((2, 2)), mx.nd.array([1, 2]), mx.nd.ones((2, 2))
    made = mx.nd.Custom(x, label, state, op_type="scale", factor=5)
    np.testing.assert_array_equal(made[0].asnumpy(), np.full((2, 2), 6))
    np.testing.assert_array_equal(made[1].asnumpy(), [3])
    with pytest.raises(MXNetError, match="expects 3 inputs, but got 1"):
        mx.nd.Custom(x, op_type="scale")
    with pytest.raises(MXNetError, match="Cannot find custom operator nope"):
        mx.nd.Custom(x, op_type="nope")


def test_inputs_are_of_the_shapes_that_the_property_says() -> None:
    inputs = {"x": (2, 3), "s_label": (1,)}
    refusal = r"Shape inconsistent, Provided = \[1\], inferred shape=\(2\)"
    made = mx.sym.Custom(mx.sym.var("x"), op_type="scale", name="s")
    with pytest.raises(MXNetError, match=refusal):
        made.infer_shape(**inputs)
    with pytest.raises(MXNetError, match=refusal):
        mx.nd.Custom(mx.nd.ones((2, 3)), mx.nd.ones((1,)), mx.nd.ones((2, 3)), op_type="scale")


def _between() -> mx.sym.Symbol:
    x = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=3, name="fc")
    scaled = mx.sym.Custom(x, op_type="scale", factor=3, name="s")
    return mx.sym.exp(scaled[0], name="last")


def _run(context: mx.Context) -> tuple[mx.Executor, np.ndarray, np.ndarray]:
    generator = np.random.default_rng(3)
    executor = _between().simple_bind(context, data=(2, 4), grad_req="null")
    weight = generator.normal(size=(3, 4)).astype("f4") / 4
    executor.arg_dict["fc_weight"][:] = weight
    executor.aux_dict["s_state"][:] = 0.5
    data = generator.normal(size=(2, 4)).astype("f4")
    return executor, executor.forward(data=mx.nd.array(data))[0].asnumpy(), np.exp(data @ weight.T * 3 + 0.5)


def test_on_the_cpu() -> None:
    _, made, expected = _run(mx.cpu())
    np.testing.assert_allclose(made, expected, rtol=1e-5)


@pytest.mark.usefixtures("accelerator")
def test_between_pieces_on_the_accelerator() -> None:
    executor, made, expected = _run(mx.eia())
    np.testing.assert_allclose(made, expected, rtol=1e-5)
    report = executor.report()
    assert report.nodes == {"fc": "accelerator", "s": "instance", "last": "accelerator"}
    assert (report.accelerated_nodes, report.instance_nodes, report.forwards) == (2, 1, 1)
    assert {"compute", "instance", "network", "queue", "serialise"} <= report.seconds.keys()
    (status,) = operator.describe().accelerators
    assert {(each.accelerated_nodes, each.instance_nodes) for each in status.executors} == {(1, 1)}
    # Written weights and other inputs are seen.
    executor.arg_dict["fc_weight"][:] = 0
    np.testing.assert_allclose(executor.forward()[0].asnumpy(), np.full((2, 3), np.exp(0.5)), rtol=1e-6)
    with pytest.raises(MXNetError, match="the instance runs s"):
        executor.publish("scaled")


@pytest.mark.usefixtures("accelerator")
def test_a_module_reports_where_its_nodes_run() -> None:
    module = mx.mod.Module(_between(), context=mx.eia(), label_names=["s_label"])
    module.bind([("data", (2, 4))], [("s_label", (2,))], for_training=False)
    places = {"fc": "accelerator", "s": "instance", "last": "accelerator"}
    assert module.report().nodes == places
    assert module.report().forwards == 0
    module.set_params({"fc_weight": mx.nd.ones((3, 4)), "fc_bias": mx.nd.zeros((3,))}, {"s_state": mx.nd.ones((2, 3))})
    module.predict(mx.io.NDArrayIter(np.ones((2, 4), "f4"), np.ones((2,), "f4"), 2, label_name="s_label"))
    report = module.report()
    assert report.nodes == places
    assert (report.accelerated_nodes, report.instance_nodes, report.forwards) == (2, 1, 1)
    assert all(report.seconds[part] > 0 for part in ("serialise", "network", "compute", "instance"))
    assert report.seconds["queue"] >= 0


@pytest.mark.usefixtures("accelerator")
@pytest.mark.parametrize("context", [mx.cpu(), mx.eia()], ids=str)
def test_sizes_that_depend_on_the_data(context: mx.Context) -> None:
    chosen = mx.sym.contrib.boolean_mask(mx.sym.var("x"), mx.sym.var("mask"), name="chosen")
    net = mx.sym.Group([chosen, mx.sym.sum(chosen, axis=0, name="sum")])
    x = np.arange(12, dtype="f4").reshape(4, 3)
    executor = net.simple_bind(context, x=(4, 3), mask=(4,), grad_req="null")
    for mask in ([1, 0, 1, 0], [0, 0, 1, 0], [1, 1, 1, 1]):
        made = executor.forward(x=mx.nd.array(x), mask=mx.nd.array(mask))
        expected = x[np.array(mask, bool)]
        np.testing.assert_array_equal(made[0].asnumpy(), expected)
        np.testing.assert_array_equal(made[1].asnumpy(), expected.sum(0))
    where = "accelerator" if context == mx.eia() else "instance"
    assert executor.report().nodes == {"chosen": where, "sum": where}


@pytest.mark.usefixtures("accelerator")
@pytest.mark.parametrize("context", [mx.cpu(), mx.eia()], ids=str)
def test_in_the_body_of_a_loop(context: mx.Context) -> None:
    def body(x: mx.sym.Symbol, s: mx.sym.Symbol) -> tuple[mx.sym.Symbol, mx.sym.Symbol]:
        scaled = mx.sym.Custom(x, s, mx.sym.var("bias"), op_type="scale", factor=3)
        return mx.sym.broadcast_add(scaled[0], scaled[1]), s + x

    rows, total = mx.sym.contrib.foreach(body, mx.sym.var("data"), mx.sym.var("total"))
    arrays = {"data": mx.nd.array([[1, 2], [3, 4]]), "total": mx.nd.zeros((2,)), "bias": mx.nd.array([5, 6])}
    executor = mx.sym.Group([rows, total]).bind(context, arrays)
    outputs, last = (each.asnumpy() for each in executor.forward())
    np.testing.assert_array_equal(outputs, [[8, 12], [17, 21]])
    np.testing.assert_array_equal(last, [4, 6])
