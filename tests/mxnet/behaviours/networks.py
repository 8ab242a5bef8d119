"""What behaviours are shown with."""

from __future__ import annotations

import warnings
from collections import namedtuple
from collections.abc import Callable
from typing import Any

Batch = namedtuple("Batch", ["data"])


def linear_net(mx: Any) -> Any:
    return mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=4, name="fc1")


def classifier_net(mx: Any) -> Any:
    return mx.sym.SoftmaxOutput(linear_net(mx), name="softmax")


def made_module(mx: Any, *, bound: bool = True, params: bool = True, label: bool = False, **options: Any) -> Any:
    symbol = classifier_net(mx) if label else linear_net(mx)
    names = ("softmax_label",) if label else None
    module = mx.mod.Module(symbol, label_names=names)
    if bound:
        shapes = [("softmax_label", (2,))] if label else None
        module.bind([("data", (2, 3))], shapes, for_training=False, **options)
    if params:
        module.init_params(mx.init.One())
    return module


def linear_weights(mx: Any, outputs: int = 4) -> dict[str, Any]:
    return {"fc1_weight": mx.nd.ones((outputs, 3)), "fc1_bias": mx.nd.zeros((4,))}


def warned(function: Callable[[], Any]) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        function()
    return [type(each.message).__name__ + ": " + str(each.message).strip().splitlines()[0] for each in caught]
