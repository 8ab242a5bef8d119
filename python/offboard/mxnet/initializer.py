"""``mx.init``: initial values of parameters that no checkpoint gives."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from offboard.mxnet import random
from offboard.mxnet.ndarray.ndarray import NDArray

__all__ = ["Constant", "InitDesc", "Initializer", "MSRAPrelu", "Normal", "One", "Uniform", "Xavier", "Zero"]


class InitDesc(str):
    """A parameter's name with the attributes of its variable."""

    attrs: dict[str, str]

    def __new__(cls, name: str, attrs: dict[str, str] | None = None, global_init: Any = None) -> InitDesc:
        """A string that carries attributes."""
        made = super().__new__(cls, name)
        made.attrs = attrs or {}
        return made


class Initializer:
    """Chooses by the parameter's name, as in MXNet; subclasses say what a weight gets."""

    def __init__(self, **kwargs: Any) -> None:
        self._kwargs = kwargs

    def dumps(self) -> str:
        """Its name and arguments as JSON."""
        return json.dumps([type(self).__name__.lower(), self._kwargs])

    def __call__(self, desc: str, arr: NDArray) -> None:
        """Fills one parameter."""
        given = getattr(desc, "attrs", {}).get("__init__")
        if given:
            kind, options = json.loads(given)
            _NAMES[kind.lower()](**options)._weight(arr)
        elif desc.endswith(("bias", "beta", "moving_mean", "running_mean", "min", "max")):
            arr[:] = 0
        elif desc.endswith(("gamma", "moving_var", "running_var", "moving_inv_var", "moving_avg")):
            arr[:] = 0 if desc.endswith(("moving_inv_var", "moving_avg")) else 1
        else:
            self._weight(arr)

    def _weight(self, arr: NDArray) -> None:
        raise NotImplementedError


class Zero(Initializer):
    """Zeros."""

    def _weight(self, arr: NDArray) -> None:
        arr[:] = 0


class One(Initializer):
    """Ones."""

    def _weight(self, arr: NDArray) -> None:
        arr[:] = 1


class Constant(Initializer):
    """One value."""

    def __init__(self, value: float = 0.0) -> None:
        super().__init__(value=value)
        self.value = value

    def _weight(self, arr: NDArray) -> None:
        arr[:] = self.value


class Uniform(Initializer):
    """Between -scale and scale."""

    def __init__(self, scale: float = 0.07) -> None:
        super().__init__(scale=scale)
        self.scale = scale

    def _weight(self, arr: NDArray) -> None:
        arr[:] = random.uniform(-self.scale, self.scale, arr.shape)


class Normal(Initializer):
    """Around 0 with deviation sigma."""

    def __init__(self, sigma: float = 0.01) -> None:
        super().__init__(sigma=sigma)
        self.sigma = sigma

    def _weight(self, arr: NDArray) -> None:
        arr[:] = random.normal(0, self.sigma, arr.shape)


class Xavier(Initializer):
    """Glorot and Bengio (2010): the deviation follows the number of inputs and outputs."""

    def __init__(self, rnd_type: str = "uniform", factor_type: str = "avg", magnitude: float = 3) -> None:
        super().__init__(rnd_type=rnd_type, factor_type=factor_type, magnitude=magnitude)
        self.rnd_type, self.factor_type, self.magnitude = rnd_type, factor_type, float(magnitude)

    def _weight(self, arr: NDArray) -> None:
        if arr.ndim < 2:
            raise ValueError(f"Xavier initializer cannot be applied to vector {arr.shape}. It requires at least 2D.")
        area = float(np.prod(arr.shape[2:]))
        fan_in, fan_out = arr.shape[1] * area, arr.shape[0] * area
        factor = {"avg": (fan_in + fan_out) / 2.0, "in": fan_in, "out": fan_out}[self.factor_type]
        scale = float(np.sqrt(self.magnitude / factor))
        uniform = self.rnd_type == "uniform"
        arr[:] = random.uniform(-scale, scale, arr.shape) if uniform else random.normal(0, scale, arr.shape)


class MSRAPrelu(Xavier):
    """He et al. (2015)."""

    def __init__(self, factor_type: str = "avg", slope: float = 0.25) -> None:
        super().__init__("gaussian", factor_type, 2.0 / (1 + slope**2))


_NAMES: dict[str, type[Initializer]] = {
    "constant": Constant,
    "msraprelu": MSRAPrelu,
    "normal": Normal,
    "one": One,
    "ones": One,
    "uniform": Uniform,
    "xavier": Xavier,
    "zero": Zero,
    "zeros": Zero,
}
