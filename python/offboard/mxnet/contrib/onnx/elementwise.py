"""ONNX operators that work element by element."""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np
from onnx import helper

from offboard.mxnet import symbol as sym
from offboard.mxnet.contrib.onnx.node import TRANSLATIONS, Node, translates
from offboard.mxnet.symbol.symbol import Symbol

__all__: list[str] = []

_UNARY = {
    "Abs": "abs", "Acos": "arccos", "Acosh": "arccosh", "Asin": "arcsin", "Asinh": "arcsinh", "Atan": "arctan",
    "Atanh": "arctanh", "Ceil": "ceil", "Cos": "cos", "Cosh": "cosh", "Erf": "erf", "Exp": "exp", "Floor": "floor",
    "Identity": "identity", "Log": "log", "Neg": "negative", "Not": "logical_not", "Reciprocal": "reciprocal",
    "Relu": "relu", "Sigmoid": "sigmoid", "Sign": "sign", "Sin": "sin", "Sinh": "sinh", "Softsign": "softsign",
    "Sqrt": "sqrt", "Tan": "tan", "Tanh": "tanh",
}  # fmt: skip

# The MXNet operator of two arrays, of an array and a number, of a number and an array.
_BINARY = {
    "Add": ("broadcast_add", "_plus_scalar", "_plus_scalar"),
    "And": ("broadcast_logical_and", "_logical_and_scalar", "_logical_and_scalar"),
    "Div": ("broadcast_div", "_div_scalar", "_rdiv_scalar"),
    "Equal": ("broadcast_equal", "_equal_scalar", "_equal_scalar"),
    "Greater": ("broadcast_greater", "_greater_scalar", "_lesser_scalar"),
    "GreaterOrEqual": ("broadcast_greater_equal", "_greater_equal_scalar", "_lesser_equal_scalar"),
    "Less": ("broadcast_lesser", "_lesser_scalar", "_greater_scalar"),
    "LessOrEqual": ("broadcast_lesser_equal", "_lesser_equal_scalar", "_greater_equal_scalar"),
    "Max": ("broadcast_maximum", "_maximum_scalar", "_maximum_scalar"),
    "Min": ("broadcast_minimum", "_minimum_scalar", "_minimum_scalar"),
    "Mod": ("broadcast_mod", "_mod_scalar", "_rmod_scalar"),
    "Mul": ("broadcast_mul", "_mul_scalar", "_mul_scalar"),
    "Or": ("broadcast_logical_or", "_logical_or_scalar", "_logical_or_scalar"),
    "Pow": ("broadcast_power", "_power_scalar", "_rpower_scalar"),
    "Sub": ("broadcast_sub", "_minus_scalar", "_rminus_scalar"),
    "Xor": ("broadcast_logical_xor", "_logical_xor_scalar", "_logical_xor_scalar"),
}


def _unary(operator: str) -> Any:
    def translate(node: Node) -> Symbol:
        made: Symbol = getattr(sym, operator)(node.sym(0), name=node.name)
        return made

    return translate


TRANSLATIONS.update({onnx: _unary(operator) for onnx, operator in _UNARY.items()})


def _number(node: Node, index: int) -> float | None:
    """A constant of one element that only makes shapes of as many dimensions as the other input has."""
    value = node.known(index)
    if value is None or value.size != 1 or value.ndim > node.rank(1 - index):
        return None
    return value.ravel()[0].item()


def _operands(node: Node) -> Symbol:
    arrays, right, left = _BINARY[node.op]
    made: Symbol
    both = all(node.known(index) is not None for index in (0, 1))
    numbers = [None if both else _number(node, index) for index in (0, 1)]
    if numbers[1] is not None:
        made = getattr(sym._internal, right)(node.sym(0), scalar=numbers[1], name=node.name)
    elif numbers[0] is not None:
        made = getattr(sym._internal, left)(node.sym(1), scalar=numbers[0], name=node.name)
    else:
        made = getattr(sym, arrays)(node.sym(0), node.sym(1), name=node.name)
    return made


TRANSLATIONS.update({name: _operands for name in _BINARY if name not in ("Max", "Min", "Mod")})


@translates("Mod")
def _mod(node: Node) -> Symbol:
    if node.attr("fmod", 0):
        raise node.refuse("fmod=1 takes the dividend's sign, which no MXNet operator does")
    return _operands(node)


@translates("Max", "Min", "Sum", "Mean")
def _variadic(node: Node) -> Symbol:
    operator = getattr(sym, {"Max": "broadcast_maximum", "Min": "broadcast_minimum"}.get(node.op, "broadcast_add"))
    made: Symbol = reduce(operator, [node.sym(index) for index in range(len(node))])
    if node.op == "Mean":
        made = made / len(node)
    return sym.identity(made, name=node.name)


@translates("Where")
def _where(node: Node) -> Symbol:
    # Broadcasting both ways: what is chosen is added to nothing.
    condition, chosen, other = (node.sym(index) for index in range(3))
    shapes = {node.values.shape(node.proto.input[index]) for index in range(3)}
    if len(shapes) == 1 and None not in shapes:
        return sym.where(condition, chosen, other, name=node.name)
    chosen = sym.broadcast_add(chosen, sym.zeros_like(other))
    other = sym.broadcast_add(other, sym.zeros_like(chosen))
    condition = sym.broadcast_add(
        sym.cast(condition, dtype="float32"), sym.cast(sym.zeros_like(other), dtype="float32")
    )
    return sym.where(condition, chosen, other, name=node.name)


@translates("Clip")
def _clip(node: Node) -> Symbol:
    bounds = []
    for index, attribute, default in ((1, "min", -np.inf), (2, "max", np.inf)):
        bounds.append(float(node.const(index).ravel()[0]) if node.has(index) else float(node.attr(attribute, default)))
    return sym.clip(node.sym(0), a_min=bounds[0], a_max=bounds[1], name=node.name)


@translates("Cast")
def _cast(node: Node) -> Symbol:
    wanted = helper.tensor_dtype_to_np_dtype(node.attr("to"))
    if wanted == np.bool_:
        return sym._internal._not_equal_scalar(node.sym(0), scalar=0, name=node.name)
    return sym.cast(node.sym(0), dtype=wanted.name, name=node.name)


@translates("Round")
def _round(node: Node) -> Symbol:
    # ONNX takes halves to even numbers, as no MXNet operator does: a half below zero is a half above -1.
    value = node.sym(0)
    down = sym.floor(value)
    above = value - down
    odd = sym._internal._mod_scalar(down, scalar=2)
    up = (above > 0.5) + (above == 0.5) * odd
    return sym.elemwise_add(down, up, name=node.name)


@translates("Softplus")
def _softplus(node: Node) -> Symbol:
    return sym.Activation(node.sym(0), act_type="softrelu", name=node.name)


@translates("LeakyRelu", "Elu", "Selu", "Gelu")
def _leaky(node: Node) -> Symbol:
    if node.op == "Gelu" and node.attr("approximate", "none") != "none":
        raise node.refuse("only the exact form is there")
    kinds = {"LeakyRelu": ("leaky", 0.01), "Elu": ("elu", 1.0), "Selu": ("selu", 0.25), "Gelu": ("gelu", 0.25)}
    kind, slope = kinds[node.op]
    return sym.LeakyReLU(node.sym(0), act_type=kind, slope=float(node.attr("alpha", slope)), name=node.name)


@translates("PRelu")
def _prelu(node: Node) -> Symbol:
    data, slope = node.sym(0), node.sym(1)
    negative = sym._internal._minimum_scalar(data, scalar=0.0)
    return sym.broadcast_add(sym.relu(data), sym.broadcast_mul(negative, slope), name=node.name)


@translates("HardSigmoid")
def _hard_sigmoid(node: Node) -> Symbol:
    alpha, beta = float(node.attr("alpha", 0.2)), float(node.attr("beta", 0.5))
    return sym.hard_sigmoid(node.sym(0), alpha=alpha, beta=beta, name=node.name)


@translates("HardSwish")
def _hard_swish(node: Node) -> Symbol:
    gate = sym.hard_sigmoid(node.sym(0), alpha=1 / 6, beta=0.5)
    return sym.elemwise_mul(node.sym(0), gate, name=node.name)


@translates("IsNaN")
def _isnan(node: Node) -> Symbol:
    return sym.broadcast_not_equal(node.sym(0), node.sym(0), name=node.name)


@translates("Dropout")
def _dropout(node: Node) -> Symbol:
    return sym.Dropout(node.sym(0), p=float(node.attr("ratio", 0.5)), name=node.name)
