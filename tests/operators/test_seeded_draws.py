"""A seed gives the numbers that it gives with real MXNet 1.9.1 (``seeded_draws.json``)."""

import json

import numpy as np
import pytest
from tests.operators import seeded_draws

import offboard.mxnet as mx

EXPECTED = json.loads(seeded_draws.STORED.read_text())


def test_every_draw_has_its_numbers() -> None:
    assert EXPECTED.keys() == seeded_draws.DRAWS.keys()


@pytest.mark.parametrize("name", EXPECTED)
def test_numbers(name: str) -> None:
    for made, expected in zip(seeded_draws.draw(mx, name), EXPECTED[name], strict=True):
        assert (made["dtype"], made["size"]) == (expected["dtype"], expected["size"])
        tolerance = 1e-3 if made["dtype"] == "float16" else 2e-6
        np.testing.assert_allclose(made["elements"], expected["elements"], rtol=tolerance, atol=tolerance)


def test_a_program_that_seeds_nothing_starts_with_seed_0() -> None:
    mx.random.seed(0)
    np.testing.assert_allclose(mx.nd.random.uniform(shape=(2,)).asnumpy(), [0.5488135, 0.5928446], rtol=1e-6)


def test_seeds_of_other_devices_change_nothing() -> None:
    mx.random.seed(0)
    mx.random.seed(5, ctx=mx.gpu(0))
    np.testing.assert_allclose(mx.nd.random.uniform(shape=(1,)).asnumpy(), [0.5488135], rtol=1e-6)
    mx.random.seed(5, ctx=mx.cpu())
    np.testing.assert_allclose(mx.nd.random.uniform(shape=(1,)).asnumpy(), [0.8607373], rtol=1e-6)
