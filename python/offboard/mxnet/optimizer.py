"""``mx.optimizer``: optimizers can be made, named, subclassed and asked for what they were given; none takes a step.

Programs that only infer make them all the same: a network is compiled, a trainer is a default argument.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, NoReturn

from offboard import rules
from offboard.errors import InferenceOnlyError
from offboard.mxnet import registry

__all__ = ["Optimizer", "Updater", "create", "get_updater", "register"]

# By optimizer: its own parameters, in the order of its signature, with their defaults (MXNet 1.9.1).
_PARAMETERS: Mapping[str, Mapping[str, Any]] = {
    "AdaDelta": {"rho": 0.9, "epsilon": 1e-5},
    "AdaGrad": {"eps": 1e-7},
    "Adam": {"learning_rate": 0.001, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "lazy_update": True},
    "Adamax": {"learning_rate": 0.002, "beta1": 0.9, "beta2": 0.999},
    "DCASGD": {"momentum": 0.0, "lamda": 0.04},
    "FTML": {"beta1": 0.6, "beta2": 0.999, "epsilon": 1e-8},
    "Ftrl": {"lamda1": 0.01, "learning_rate": 0.1, "beta": 1},
    "LAMB": {
        "learning_rate": 0.001, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-6, "lower_bound": None,
        "upper_bound": None, "bias_correction": True,
    },
    "LARS": {"momentum": 0.0, "lazy_update": True, "eta": 0.001, "eps": 0, "momentum_correction": True},
    "LBSGD": {
        "momentum": 0.0, "multi_precision": False, "warmup_strategy": "linear", "warmup_epochs": 5, "batch_scale": 1,
        "updates_per_epoch": 32, "begin_epoch": 0, "num_epochs": 60,
    },
    "NAG": {"momentum": 0.0},
    "Nadam": {"learning_rate": 0.001, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "schedule_decay": 0.004},
    "RMSProp": {
        "learning_rate": 0.001, "gamma1": 0.9, "gamma2": 0.9, "epsilon": 1e-8, "centered": False, "clip_weights": None,
    },
    "SGD": {"momentum": 0.0, "lazy_update": True},
    "SGLD": {},
    "Signum": {"learning_rate": 0.01, "momentum": 0.9, "wd_lh": 0.0},
    "Test": {},
    "ccSGD": {"momentum": 0.0, "lazy_update": True},
}  # fmt: skip
# Those that every optimizer takes.
_COMMON = ("learning_rate", "multi_precision")
# Attributes that are not named as their parameters.
_RENAMED = {"AdaGrad": {"eps": "float_stable_eps"}}

__all__ += list(_PARAMETERS)


def _refusal(name: str) -> InferenceOnlyError:
    return InferenceOnlyError(rules.text("inference_only_cpu", operation=f"mx.optimizer.{name}"))


class Optimizer:
    """What an optimizer was given. Steps are refused: inference only."""

    def __init__(
        self,
        rescale_grad: float = 1.0,
        param_idx2name: dict[int, str] | None = None,
        wd: float = 0.0,
        clip_gradient: float | None = None,
        learning_rate: float | None = None,
        lr_scheduler: Any = None,
        sym: Any = None,
        begin_num_update: int = 0,
        multi_precision: bool = False,
        param_dict: dict[int, Any] | None = None,
    ) -> None:
        names = param_idx2name or {}
        assert isinstance(names, dict), "param_idx2name should be a dict of param indexes to names."
        self.rescale_grad, self.wd, self.clip_gradient = rescale_grad, wd, clip_gradient
        self.lr_scheduler, self.multi_precision = lr_scheduler, multi_precision
        self.lr = 0.01 if learning_rate is None else learning_rate
        if lr_scheduler is not None and learning_rate is not None:
            if lr_scheduler.base_lr != learning_rate:
                logging.warning("The learning rate %s replaces lr_scheduler.base_lr", learning_rate)
            lr_scheduler.base_lr = learning_rate
        self.begin_num_update = self.num_update = begin_num_update
        self.aggregate_num = 0
        self.idx2name, self.param_dict = dict(names), param_dict or {}
        self.sym_info = (sym.attr_dict(), sym.list_arguments()) if sym is not None else ()
        self.lr_mult: dict[Any, float] = {}
        self.wd_mult: dict[Any, float] = {}
        self.set_lr_mult({})
        self.set_wd_mult({})

    @staticmethod
    def register(klass: type) -> type:
        """Registers a subclass under its name."""
        return register(klass)

    @staticmethod
    def create_optimizer(name: str, **kwargs: Any) -> Optimizer:
        """An optimizer by its name."""
        return create(name, **kwargs)

    @property
    def learning_rate(self) -> Any:
        """The rate, by the schedule where there is one."""
        return self.lr if self.lr_scheduler is None else self.lr_scheduler(self.num_update)

    def set_learning_rate(self, lr: float) -> None:
        """Another rate; raises UserWarning where a schedule sets it."""
        if self.lr_scheduler is not None:
            raise UserWarning(
                "LRScheduler of the optimizer has already been defined. Note that set_learning_rate can mutate the "
                "value of the learning rate of the optimizer only when the LRScheduler of the optimizer is undefined."
            )
        self.lr = lr

    def set_lr_mult(self, args_lr_mult: Mapping[Any, float]) -> None:
        """Factors of the rate by parameter, over those of the symbol's attributes."""
        self.lr_mult = {**self._declared("__lr_mult__"), **args_lr_mult}

    def set_wd_mult(self, args_wd_mult: Mapping[Any, float]) -> None:
        """Factors of the weight decay by parameter; it spares what is neither a weight nor a gamma."""
        spared = {name: 0.0 for name in self.idx2name.values() if not name.endswith(("_weight", "_gamma"))}
        self.wd_mult = {**spared, **self._declared("__wd_mult__"), **args_wd_mult}

    def _declared(self, attribute: str) -> dict[str, float]:
        if not self.sym_info:
            return {}
        attributes, names = self.sym_info
        return {name: float(attributes[name][attribute]) for name in names if attribute in attributes.get(name, {})}

    def create_state(self, index: Any, weight: Any) -> NoReturn:
        """Refused: inference only."""
        raise _refusal(f"{type(self).__name__}.create_state")

    def update(self, index: Any, weight: Any, grad: Any, state: Any) -> NoReturn:
        """Refused: inference only."""
        raise _refusal(f"{type(self).__name__}.update")

    create_state_multi_precision = create_state
    update_multi_precision = update


register = registry.get_register_func(Optimizer, "optimizer")


def create(name: str, **kwargs: Any) -> Optimizer:
    """An optimizer by its registered name, whatever its case; raises ValueError for one that there is not."""
    found = registry.get_registry(Optimizer).get(name.lower())
    if found is None:
        raise ValueError(f"Cannot find optimizer {name}")
    made: Optimizer = found(**kwargs)
    return made


def get_updater(optimizer: Any) -> NoReturn:
    """Refused: inference only."""
    raise _refusal("get_updater")


class Updater:
    """Refused: inference only."""

    def __init__(self, optimizer: Any) -> None:
        raise _refusal("Updater")


def _named(name: str, parameters: Mapping[str, Any]) -> type[Optimizer]:
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        given = {**parameters, **dict(zip(parameters, args, strict=False))}
        given.update({key: kwargs.pop(key) for key in parameters if key in kwargs})
        kwargs.update({key: given.pop(key) for key in _COMMON if key in given})
        super(made, self).__init__(**kwargs)
        for key, value in given.items():
            setattr(self, _RENAMED.get(name, {}).get(key, key), value)

    members = {"__doc__": f"MXNet ``{name}``, which takes no steps here.", "__module__": __name__, "__init__": __init__}
    made: Any = type(name, (Optimizer,), members)
    register(made)
    return made  # type: ignore[no-any-return]


for _name, _own in _PARAMETERS.items():
    globals()[_name] = _named(_name, _own)
