"""Draws after a seed, the same for ours and for real MXNet, which writes ``seeded_draws.json``.

``PYTHON -m tests.operators.seeded_draws`` does so, with an interpreter that has ``mxnet`` 1.9.1.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

STORED = Path(__file__).with_suffix(".json")

# One sample, one twister's share, what two and 1,024 of them share unevenly.
SIZES = (1, 64, 65, 70001)
_KINDS: dict[str, Callable[..., Any]] = {
    "uniform": lambda mx, **how: mx.nd.random.uniform(-1, 3, **how),
    "normal": lambda mx, **how: mx.nd.random.normal(1, 2, **how),
    "exponential": lambda mx, **how: mx.nd.random.exponential(2, **how),
    "gamma": lambda mx, **how: mx.nd.random.gamma(2.5, 2, **how),
    "gamma below 1": lambda mx, **how: mx.nd.random.gamma(0.5, 2, **how),
    "poisson": lambda mx, **how: mx.nd.random.poisson(4, **how),
    "poisson of a large mean": lambda mx, **how: mx.nd.random.poisson(40, **how),
    "negative binomial": lambda mx, **how: mx.nd.random.negative_binomial(3, 0.4, **how),
    "generalized negative binomial": lambda mx, **how: mx.nd.random.generalized_negative_binomial(2, 0.4, **how),
}
DRAWS: dict[str, Callable[[Any], Any]] = {}
for _kind, _draw in _KINDS.items():
    for _size in SIZES:
        DRAWS[f"{_kind} {_size}"] = lambda mx, draw=_draw, size=_size: draw(mx, shape=(size,))
    for _dtype in ("float16", "float64"):
        DRAWS[f"{_kind} {_dtype}"] = lambda mx, draw=_draw, dtype=_dtype: draw(mx, shape=(300,), dtype=dtype)
for _dtype in ("int32", "int64"):
    DRAWS[f"integers {_dtype}"] = lambda mx, dtype=_dtype: mx.nd.random.randint(-5, 1000, shape=(300,), dtype=dtype)
DRAWS |= {
    "parameters in arrays": lambda mx: mx.nd.random.normal(mx.nd.array([1, 20]), mx.nd.array([0.5, 3]), shape=(40,)),
    "mixed means": lambda mx: mx.nd.random.poisson(mx.nd.array([0.5, 60, 3]), shape=(50,)),
    "mixed dispersions": lambda mx: mx.nd.random.generalized_negative_binomial(
        mx.nd.array([3, 20]), mx.nd.array([0, 0.5]), shape=(50,)
    ),
    "like an array": lambda mx: mx.nd.random.uniform_like(mx.nd.ones((9, 11))),
    "choices": lambda mx: mx.nd.random.multinomial(mx.nd.array([[0.1, 0.2, 0.7], [0.5, 0.1, 0.4]]), shape=(60,)),
    "shuffled numbers": lambda mx: mx.nd.random.shuffle(mx.nd.arange(2000)),
    "shuffled rows": lambda mx: mx.nd.random.shuffle(mx.nd.arange(600).reshape((200, 3))),
    "brighter": lambda mx: mx.nd.image.random_brightness(_image(mx), 0.5, 1.5),
    "jittered": lambda mx: mx.nd.image.random_color_jitter(_image(mx), 0.4, 0.3, 0.2, 0.1),
    "lighted": lambda mx: mx.nd.image.random_lighting(_image(mx), 2.0),
    "flipped": lambda mx: mx.nd.image.random_flip_left_right(_image(mx)),
    "weights": lambda mx: _initialized(mx, mx.init.Xavier()),
    "normal weights": lambda mx: _initialized(mx, mx.init.Normal(0.1)),
}


def _image(mx: Any) -> Any:
    return mx.nd.arange(4 * 6 * 3).reshape((4, 6, 3))


def _initialized(mx: Any, initializer: Any) -> Any:
    made = mx.nd.zeros((20, 30))
    initializer(mx.init.InitDesc("fc_weight"), made)
    return made


def draw(mx: Any, name: str, seed: int = 42) -> list[dict[str, Any]]:
    """Two draws one after the other, as their dtype, their size, and 12 of their elements."""
    mx.random.seed(seed)
    made = [DRAWS[name](mx).asnumpy() for _ in range(2)]
    shown = [each.ravel()[np.linspace(0, each.size - 1, 12).astype(int)] for each in made]
    return [
        {"dtype": str(each.dtype), "size": each.size, "elements": picked.tolist()}
        for each, picked in zip(made, shown, strict=True)
    ]


def main() -> None:
    import mxnet  # real MXNet, of this interpreter

    STORED.write_text(json.dumps({name: draw(mxnet, name) for name in DRAWS}, indent=1) + "\n")
    print(f"{len(DRAWS)} draws")


if __name__ == "__main__":
    main()
