"""``mx.init``: how parameters get their first values."""

from __future__ import annotations

import json
import logging
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from offboard.mxnet import ndarray as nd
from offboard.mxnet import random
from offboard.mxnet.ndarray.ndarray import NDArray

__all__ = [
    "Bilinear", "Constant", "FusedRNN", "InitDesc", "Initializer", "LSTMBias", "Load", "MSRAPrelu", "Mixed", "Normal",
    "One", "Orthogonal", "Uniform", "Xavier", "Zero", "alias", "create", "register",
]  # fmt: skip


class InitDesc(str):
    """A parameter's name with the attributes of its variable, and the initializer to fall back on."""

    attrs: dict[str, Any]
    global_init: Any

    def __new__(cls, name: str, attrs: dict[str, Any] | None = None, global_init: Any = None) -> InitDesc:
        """A string that carries attributes."""
        made = super().__new__(cls, name)
        made.attrs = attrs or {}
        made.global_init = global_init
        return made


class Initializer:
    """Chooses by the parameter's name, as in MXNet; subclasses say in ``_init_weight`` what a weight gets."""

    # What the end of a name says, in the order in which it is looked for.
    _PATTERNS = ("weight", "bias", "gamma", "beta", "min", "max", "weight_quantize", "bias_quantize")
    # Names without attributes (old programs) have these endings too.
    _LEGACY = (
        ("bias", "bias"), ("gamma", "gamma"), ("beta", "beta"), ("weight", "weight"), ("moving_mean", "zero"),
        ("moving_var", "one"), ("moving_inv_var", "zero"), ("moving_avg", "zero"), ("min", "zero"), ("max", "one"),
    )  # fmt: skip

    def __init__(self, **kwargs: Any) -> None:
        self._kwargs = kwargs
        self._verbose = False
        self._print_func: Callable[[NDArray], str] | None = None

    def set_verbosity(self, verbose: bool = False, print_func: Callable[[NDArray], str] | None = None) -> Initializer:
        """Whether to log each initialisation, with a statistic of the array (its norm by the root of its size)."""
        self._verbose = verbose
        self._print_func = print_func or (lambda x: str(float(np.linalg.norm(x.asnumpy()) / np.sqrt(x.size))))
        return self

    def dumps(self) -> str:
        """Its name and arguments as JSON."""
        return json.dumps([type(self).__name__.lower(), self._kwargs])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Initializer):
            return NotImplemented
        return type(self) is type(other) and self._kwargs == other._kwargs

    __hash__ = None  # type: ignore[assignment]

    def __call__(self, desc: str, arr: NDArray) -> None:
        """Fills one parameter.

        Raises:
            ValueError: neither the variable nor the name says how.
        """
        if not isinstance(desc, InitDesc):
            self._by_legacy_name(desc, arr)
            return
        if desc.global_init is None:
            desc.global_init = self
        given = desc.attrs.get("__init__")
        if given:
            create(given)._init_weight(desc, arr)
            self._log(desc, given, arr)
            return
        for pattern in self._PATTERNS:
            if desc.endswith(pattern):
                getattr(self, f"_init_{pattern}")(desc, arr)
                self._log(desc, pattern, arr)
                return
        self._init_default(desc, arr)

    def _by_legacy_name(self, name: Any, arr: Any) -> None:
        warnings.warn(
            "Calling initializer with init(str, NDArray) has been deprecated."
            "please use init(mx.init.InitDesc(...), NDArray) instead.",
            DeprecationWarning,
            stacklevel=3,
        )
        if not isinstance(name, str):
            raise TypeError("name must be string")
        if not isinstance(arr, NDArray):
            raise TypeError("arr must be NDArray")
        if name.startswith("upsampling"):
            Bilinear()._init_weight(name, arr)
            return
        if name.startswith("stn_loc") and name.endswith(("weight", "bias")):
            # A spatial transformer begins with the identity.
            arr[:] = 0 if name.endswith("weight") else np.array([1.0, 0, 0, 0, 1.0, 0])
            return
        for ending, kind in self._LEGACY:
            if name.endswith(ending):
                getattr(self, f"_init_{kind}")(name, arr)
                return
        self._init_default(name, arr)

    def _log(self, desc: str, how: Any, arr: NDArray) -> None:
        if self._verbose and self._print_func is not None:
            logging.info("Initialized %s as %s: %s", desc, how, self._print_func(arr))

    def _init_weight(self, name: str, arr: NDArray) -> None:
        raise NotImplementedError("Must override it")

    def _init_zero(self, name: str, arr: NDArray) -> None:
        arr[:] = 0

    def _init_one(self, name: str, arr: NDArray) -> None:
        arr[:] = 1

    _init_bias = _init_beta = _init_min = _init_bias_quantize = _init_zero
    _init_gamma = _init_max = _init_one

    def _init_weight_quantize(self, name: str, arr: NDArray) -> None:
        arr[:] = random.randint(-127, 127, arr.shape).asnumpy()

    def _init_default(self, name: str, arr: NDArray) -> None:
        raise ValueError(
            f"Unknown initialization pattern for {name}. Default initialization is now limited to "
            '"weight", "bias", "gamma" (1.0), and "beta" (0.0).'
            "Please use mx.sym.Variable(init=mx.init.*) to set initialization pattern"
        )


_Class = TypeVar("_Class", bound=type[Initializer])
_REGISTRY: dict[str, type[Initializer]] = {}


def _enter(made: type[Initializer], name: str) -> None:
    assert issubclass(made, Initializer), "Can only register subclass of Initializer"
    old = _REGISTRY.get(name.lower())
    if old is not None:
        warnings.warn(
            f"New initializer {made.__module__}.{made.__name__} registered with name {name.lower()} is overriding "
            f"existing initializer {old.__module__}.{old.__name__}",
            UserWarning,
            stacklevel=3,
        )
    _REGISTRY[name.lower()] = made


def register(klass: _Class) -> _Class:
    """A decorator: the class can be named in symbols and by ``create``."""
    _enter(klass, klass.__name__)
    return klass


def alias(*aliases: str) -> Callable[[_Class], _Class]:
    """A decorator: further names of a class."""

    def named(klass: _Class) -> _Class:
        for name in aliases:
            _enter(klass, name)
        return klass

    return named


def create(initializer: Any, *args: Any, **kwargs: Any) -> Any:
    """An initializer by its name, by what ``dumps`` wrote, or itself."""
    if isinstance(initializer, Initializer):
        assert not {*args, *kwargs}, "initializer is already an instance. Additional arguments are invalid"
        return initializer
    if isinstance(initializer, Mapping):
        return create(**initializer)
    assert isinstance(initializer, str), "initializer must be of string type"
    if initializer.startswith("["):
        name, options = json.loads(initializer)
        return create(name, **options)
    if initializer.startswith("{"):
        return create(**json.loads(initializer))
    name = initializer.lower()
    assert name in _REGISTRY, f"{name} is not registered. Please register with initializer.register first"
    return _REGISTRY[name](*args, **kwargs)


class Load:
    """Takes values from a file or a dict, the rest from another initializer."""

    def __init__(self, param: str | Mapping[str, NDArray], default_init: Any = None, verbose: bool = False) -> None:
        loaded = nd.load(param) if isinstance(param, str) else param
        assert isinstance(loaded, dict)
        self.param = {name[4:] if name.startswith(("arg:", "aux:")) else name: arr for name, arr in loaded.items()}
        self.default_init, self.verbose = default_init, verbose

    def __call__(self, name: str, arr: NDArray) -> None:
        """Fills one parameter."""
        found = self.param.get(name)
        if found is not None:
            assert arr.shape == found.shape, (
                f"Parameter {name} cannot be initialized from loading. "
                f"Shape mismatch, target {arr.shape} vs loaded {found.shape}"
            )
            arr[:] = found
        else:
            assert self.default_init is not None, (
                f"Cannot Initialize {name}. Not found in loaded param and no default Initializer is provided."
            )
            self.default_init(name, arr)
        if self.verbose:
            logging.info("Initialized %s by %s", name, "default" if found is None else "loading")


class Mixed:
    """The first initializer whose pattern matches the name."""

    def __init__(self, patterns: Sequence[str], initializers: Sequence[Any]) -> None:
        assert len(patterns) == len(initializers)
        self.map = [(re.compile(pattern), made) for pattern, made in zip(patterns, initializers, strict=True)]

    def __call__(self, name: str, arr: NDArray) -> None:
        """Fills one parameter."""
        for pattern, initializer in self.map:
            if pattern.match(name):
                initializer(name, arr)
                return
        raise ValueError(
            f'Parameter name {name} did not match any pattern. Consider add a ".*" pattern at the and with default '
            "Initializer."
        )


@register
@alias("zeros")
class Zero(Initializer):
    """Zeros."""

    def _init_weight(self, name: str, arr: NDArray) -> None:
        arr[:] = 0


@register
@alias("ones")
class One(Initializer):
    """Ones."""

    def _init_weight(self, name: str, arr: NDArray) -> None:
        arr[:] = 1


@register
class Constant(Initializer):
    """One value, or an array of the parameter's shape."""

    def __init__(self, value: Any = 0.0) -> None:
        super().__init__(value=value)
        self.value = value

    def _init_weight(self, name: str, arr: NDArray) -> None:
        arr[:] = self.value

    def dumps(self) -> str:
        """Its name and value as JSON; an array as nested lists."""
        value = self.value
        if isinstance(value, NDArray):
            value = value.asnumpy()
        return json.dumps(["constant", {"value": value.tolist() if isinstance(value, np.ndarray) else value}])


@register
class Uniform(Initializer):
    """Between -scale and scale."""

    def __init__(self, scale: float = 0.07) -> None:
        super().__init__(scale=scale)
        self.scale = scale

    def _init_weight(self, name: str, arr: NDArray) -> None:
        arr[:] = random.uniform(-self.scale, self.scale, arr.shape)


@register
class Normal(Initializer):
    """Around 0 with deviation sigma."""

    def __init__(self, sigma: float = 0.01) -> None:
        super().__init__(sigma=sigma)
        self.sigma = sigma

    def _init_weight(self, name: str, arr: NDArray) -> None:
        arr[:] = random.normal(0, self.sigma, arr.shape)


@register
class Orthogonal(Initializer):
    """Saxe et al. (2014): rows or columns orthogonal, from the singular vectors of a random matrix."""

    def __init__(self, scale: float = 1.414, rand_type: str = "uniform") -> None:
        super().__init__(scale=scale, rand_type=rand_type)
        self.scale, self.rand_type = scale, rand_type

    def _init_weight(self, name: str, arr: NDArray) -> None:
        shape = (arr.shape[0], int(np.prod(arr.shape[1:])))
        drawn = random.uniform(-1, 1, shape) if self.rand_type == "uniform" else random.normal(0, 1, shape)
        left, _, right = np.linalg.svd(drawn.asnumpy(), full_matrices=False)
        arr[:] = (self.scale * (left if left.shape == shape else right)).reshape(arr.shape)


@register
class Xavier(Initializer):
    """Glorot and Bengio (2010): the deviation follows the number of inputs and outputs."""

    def __init__(self, rnd_type: str = "uniform", factor_type: str = "avg", magnitude: float = 3) -> None:
        super().__init__(rnd_type=rnd_type, factor_type=factor_type, magnitude=magnitude)
        self.rnd_type, self.factor_type, self.magnitude = rnd_type, factor_type, float(magnitude)

    def _init_weight(self, name: str, arr: NDArray) -> None:
        if arr.ndim < 2:
            raise ValueError(f"Xavier initializer cannot be applied to vector {name}. It requires at least 2D.")
        area = float(np.prod(arr.shape[2:]))
        fan_in, fan_out = arr.shape[1] * area, arr.shape[0] * area
        factors = {"avg": (fan_in + fan_out) / 2.0, "in": fan_in, "out": fan_out}
        if self.factor_type not in factors:
            raise ValueError("Incorrect factor type")
        if self.rnd_type not in ("uniform", "gaussian"):
            raise ValueError("Unknown random type")
        scale = float(np.sqrt(self.magnitude / factors[self.factor_type]))
        uniform = self.rnd_type == "uniform"
        arr[:] = random.uniform(-scale, scale, arr.shape) if uniform else random.normal(0, scale, arr.shape)


@register
class MSRAPrelu(Xavier):
    """He et al. (2015)."""

    def __init__(self, factor_type: str = "avg", slope: float = 0.25) -> None:
        super().__init__("gaussian", factor_type, 2.0 / (1 + slope**2))
        self._kwargs = {"factor_type": factor_type, "slope": slope}


@register
class Bilinear(Initializer):
    """The kernel of bilinear upsampling, for every channel."""

    def _init_weight(self, name: str, arr: NDArray) -> None:
        # Both directions by the last dimension, as in MXNet.
        factor = np.ceil(arr.shape[3] / 2.0)
        center = (2 * factor - 1 - factor % 2) / (2.0 * factor)
        rows, columns = (1 - np.abs(np.arange(size) / factor - center) for size in arr.shape[2:])
        arr[:] = np.broadcast_to(np.outer(rows, columns), arr.shape)


@register
class LSTMBias(Initializer):
    """Zeros, but for the forget gate, which is the second of the four gates."""

    def __init__(self, forget_bias: float = 1.0) -> None:
        super().__init__(forget_bias=forget_bias)
        self.forget_bias = forget_bias

    def _init_weight(self, name: str, arr: NDArray) -> None:
        hidden = arr.shape[0] // 4
        arr[:] = 0
        arr[hidden : 2 * hidden] = self.forget_bias


@register
class FusedRNN(Initializer):
    """The one vector of a fused recurrent network: each gate by ``init``, or the global initializer when it is None."""

    def __init__(
        self,
        init: Any,
        num_hidden: int,
        num_layers: int,
        mode: str,
        bidirectional: bool = False,
        forget_bias: float = 1.0,
    ) -> None:
        made = None if init is None else create(init)
        super().__init__(
            init=None if made is None else made.dumps(),
            num_hidden=num_hidden,
            num_layers=num_layers,
            mode=mode,
            bidirectional=bidirectional,
            forget_bias=forget_bias,
        )
        self._init = made

    def _init_weight(self, name: str, arr: NDArray) -> None:
        from offboard.mxnet.rnn import FusedRNNCell

        options = {key: value for key, value in self._kwargs.items() if key != "init"}
        cell = FusedRNNCell(prefix="", **options)
        fallback = getattr(name, "global_init", None)
        parts = cell.unpack_weights({"parameters": arr})
        for key, part in parts.items():
            if options["mode"] == "lstm" and key.endswith("_f_bias"):
                part[:] = options["forget_bias"]
            elif self._init is not None:
                self._init(InitDesc(key, global_init=fallback), part)
            else:
                assert fallback is not None
                fallback(InitDesc(key, global_init=fallback), part)
        arr[:] = cell.pack_weights(parts)["parameters"]
