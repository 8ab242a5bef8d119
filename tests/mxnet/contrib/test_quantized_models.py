"""Networks that real MXNet 1.9.1 quantised, on both contexts."""

from pathlib import Path

import numpy as np
import pytest

import offboard.mxnet as mx
from offboard.errors import InferenceOnlyError
from offboard_accelerator import embedded

FOLDER = Path(__file__).resolve().parents[2] / "data" / "quantized"


@pytest.mark.parametrize("device", ["cpu", "eia"])
@pytest.mark.parametrize("name", ["none-uint8", "naive-uint8", "naive-auto", "naive-int8"])
def test_outputs_are_those_of_mxnet(name: str, device: str, accelerator: embedded.EmbeddedDaemon) -> None:
    stored = np.load(FOLDER / "golden.npz")
    symbol, arguments, auxiliary = mx.model.load_checkpoint(str(FOLDER / name), 0)
    module = mx.mod.Module(symbol, label_names=None, context=getattr(mx, device)())
    module.bind([("data", stored["data"].shape)], for_training=False)
    module.set_params(arguments, auxiliary)
    made = module.predict(mx.io.NDArrayIter(stored["data"], batch_size=8)).asnumpy()
    np.testing.assert_allclose(made, stored[name], atol=2e-3)


def test_quantising_is_refused_and_says_where_it_is_done() -> None:
    with pytest.raises(InferenceOnlyError, match=r"Quantise with MXNet 1.x"):
        mx.contrib.quantization.quantize_model(mx.sym.var("x"), {}, {})
