"""Proof that mx.eia() runs elsewhere: no engine here, counted there, and nothing without the daemon."""

import onnxruntime
import pytest

import offboard.mxnet as mx
from offboard.client import connection, operator
from offboard.errors import MXNetError
from offboard_accelerator import embedded


def test_a_forward_is_the_accelerators(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise AssertionError("an ONNX Runtime session in the client")

    monkeypatch.setattr(onnxruntime, "InferenceSession", refused)
    monkeypatch.setenv("OFFBOARD_CALL_SECONDS", "3")
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, no_bias=True, name="fc")
    with embedded.start("eia1.medium") as daemon:
        for name, value in daemon.environment.items():
            monkeypatch.setenv(name, value)
        connection.close()
        executor = net.simple_bind(mx.eia(), "null", data=(1, 3))
        executor.arg_dict["fc_weight"][:] = 1
        data = mx.nd.NDArray(executor.arg_dict["data"].asnumpy() + 1)
        assert executor.forward(data=data)[0].asnumpy().tolist() == [[3.0, 3.0]]
        (status,) = operator.describe().accelerators
        assert [each.forwards for each in status.executors] == [1]
        assert executor.report().nodes == {"fc": "accelerator"}
    with pytest.raises(MXNetError, match="Failed to detect any accelerator"):
        executor.forward(data=data)
    connection.close()
    # The same on the cpu needs a session here, which shows that the trap works.
    with pytest.raises(MXNetError, match="ONNX Runtime session in the client"):
        net.simple_bind(mx.cpu(), "null", data=(1, 3)).forward()
