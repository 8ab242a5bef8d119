"""``bind`` and ``simple_bind``: from what a program gives to an executor."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from offboard import rules
from offboard.errors import MXNetError
from offboard.mxnet.context import Context, require_single
from offboard.mxnet.executor import Executor, refusal
from offboard.mxnet.ndarray.ndarray import NDArray, elsewhere, resolve_dtype
from offboard.mxnet.symbol.symbol import Symbol
from offboard.operators import record as records
from offboard.operators.infer import Shapes, infer_shapes, infer_types, is_complete

__all__ = ["bind", "simple_bind"]

_REQUIREMENTS = {"null": 0, "write": 1, "add": 3}


def bind(symbol: Symbol, context: Context, args: Any, args_grad: Any, grad_req: Any, aux_states: Any) -> Executor:
    """Binds to the program's own arrays, which it may go on writing to."""
    if not isinstance(context, Context):
        raise TypeError("Context type error")
    _check_context(context, args_grad, grad_req)
    names, auxiliary = symbol.list_arguments(), symbol.list_auxiliary_states()
    arguments = _named(args, names, "args")
    gradients = {} if args_grad is None else _named(args_grad, names, "args_grad", missing=True)
    states = _named(aux_states or [], auxiliary, "aux_states")
    _refuse_repeated(names)
    _requirements(grad_req, names)
    _require_home({**arguments, **states}, context)
    known = {name: array.shape for name, array in {**arguments, **states}.items()}
    dtypes = {name: array._data.dtype for name, array in {**arguments, **states}.items()}
    inferred = infer_shapes(symbol._graph, known, dtypes)
    _refuse_unknown(symbol, inferred)
    return Executor(symbol, context, arguments, states, gradients=gradients)


def simple_bind(
    symbol: Symbol,
    context: Context,
    grad_req: Any,
    type_dict: Mapping[str, Any],
    shapes: Mapping[str, Any],
    shared_names: Collection[str] = (),
    shared: Executor | None = None,
    buffer: dict[str, NDArray] | None = None,
) -> Executor:
    """Binds to new arrays of the inferred shapes; those in ``shared_names`` are taken from another executor.

    Raises:
        MXNetError: as MXNet does, beginning with the shapes given, when they do not suffice.
    """
    if not isinstance(context, Context):
        raise AttributeError(f"'{type(context).__name__}' object has no attribute 'device_typeid'")
    if context.device_type != "gpu":
        _check_context(context, None, grad_req)
    names = symbol.list_arguments()
    try:
        _check_context(context, None, grad_req)
        requirements = _simple_requirements(grad_req, names)
        _refuse_repeated(names)
        dtypes = infer_types(
            symbol._graph, {name: resolve_dtype(dtype) for name, dtype in type_dict.items() if dtype is not None}
        )
        inferred = infer_shapes(symbol._graph, _shapes(shapes))
        _refuse_unknown(symbol, inferred)
    except MXNetError as error:
        given = "".join(f"{name}: {shape}\n" for name, shape in shapes.items())
        raise type(error)(f"simple_bind error. Arguments:\n{given}{error}") from error

    place = None if context.device_type == "eia" else elsewhere(context)

    def allotted(name: str, shape: Any, dtype: Any, old: Mapping[str, NDArray]) -> NDArray:
        dtype = np.dtype(dtype or np.float32)
        found = old.get(name)
        if found is not None and found.shape == shape and found._data.dtype == dtype:
            return found
        return NDArray(np.zeros(shape, dtype), home=place)

    lent = {name: shared.arg_dict[name] for name in shared_names if name in shared.arg_dict} if shared else {}
    arguments = {
        name: allotted(name, shape, dtypes.arguments[name], lent) for name, shape in inferred.arguments.items()
    }
    auxiliary = {
        name: allotted(name, shape, dtypes.auxiliary[name], shared.aux_dict if shared else {})
        for name, shape in inferred.auxiliary.items()
    }
    gradients: dict[str, NDArray] = {}
    if context.device_type != "eia":
        gradients = {
            name: NDArray(np.zeros_like(arguments[name]._data), home=place)
            for name, requirement in requirements.items()
            if requirement != "null"
        }
    if buffer is not None:
        buffer.update({name: array for name, array in arguments.items() if name not in shared_names})
    return Executor(
        symbol,
        context,
        arguments,
        auxiliary,
        gradients=gradients,
        inputs=set(shapes) | _declared(symbol),
        settled=False,
    )


def _require_home(arrays: Mapping[str, NDArray], context: Context) -> None:
    """Raises MXNetError unless the arrays of an executor on the CPU are on its context."""
    for array in arrays.values():
        if context.device_type == "cpu" and array.context != context:
            raise MXNetError(
                f"Input array is in {array.context} while binding with ctx={context}. All arguments must be in global "
                f"context ({context}) unless group2ctx is specified for cross-device graph."
            )


def _check_context(context: Context, args_grad: Any, grad_req: Any) -> None:
    """Raises for what the context cannot do: the GPU anything, an accelerator what trains."""
    if context.device_type == "gpu":
        raise MXNetError(rules.text("gpu_disabled"))
    require_single(context)
    if context.device_type != "eia":
        return
    if args_grad:
        raise refusal("args_grad", context)
    asked = grad_req.values() if isinstance(grad_req, Mapping) else grad_req
    for each in [asked] if isinstance(asked, str) else (asked or ()):
        if each != "null":
            raise refusal(f"grad_req='{each}'", context)


def _requirements(grad_req: Any, names: Sequence[str]) -> None:
    if isinstance(grad_req, str) and grad_req not in _REQUIREMENTS:
        raise ValueError(f"grad_req must be in {_REQUIREMENTS}")
    given = grad_req.values() if isinstance(grad_req, Mapping) else grad_req if isinstance(grad_req, list) else ()
    for each in given:
        _REQUIREMENTS[each]


def _simple_requirements(grad_req: Any, names: Sequence[str]) -> dict[str, str]:
    if grad_req is None or isinstance(grad_req, str):
        made = dict.fromkeys(names, grad_req or "write")
    elif isinstance(grad_req, Mapping):
        made = {name: grad_req.get(name, "null") for name in names}
    elif isinstance(grad_req, (list, tuple)):
        if len(grad_req) != len(names):
            raise MXNetError(
                "The length of grad_req list does not match the number of input arguments in simple_bind, expected "
                f"{len(names)}, provided {len(grad_req)}"
            )
        made = dict(zip(names, grad_req, strict=True))
    else:
        raise TypeError(f"grad_req is a string, a list or a dict, not {type(grad_req)}")
    for requirement in made.values():
        if requirement not in _REQUIREMENTS:
            raise MXNetError(
                f"grad_req={requirement} is not a valid input in simple_bind; only 'null', 'write', and 'add' are "
                "supported"
            )
    return made


def _shapes(shapes: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    # As in MXNet what is no shape is ignored; then inference says what is missing.
    return {
        name: tuple(int(d) for d in shape)
        for name, shape in shapes.items()
        if isinstance(shape, (tuple, list)) and shape
    }


def _named(given: Any, names: list[str], what: str, *, missing: bool = False) -> dict[str, NDArray]:
    """Arrays by name from a list or a dict; with ``missing`` some may be None or not there."""
    if isinstance(given, Mapping):
        for name in names:
            if name not in given and not missing:
                raise ValueError(f"key `{name}` is missing in `{what}`")
        made = {name: given[name] for name in names if name in given}
    elif isinstance(given, (list, tuple)):
        if len(given) != len(names):
            raise ValueError(f"Length of {what} does not match the number of arguments")
        made = dict(zip(names, given, strict=True))
    else:
        raise TypeError("Only accept list of NDArrays or dict of str to NDArray")
    if missing:
        made = {name: array for name, array in made.items() if array is not None}
    for array in made.values():
        if not isinstance(array, NDArray):
            raise TypeError("Only accept list of NDArrays or dict of str to NDArray")
    return made


def _refuse_repeated(names: list[str]) -> None:
    if len(set(names)) != len(names):
        repeated = ", ".join(sorted({name for name in names if names.count(name) > 1}))
        raise MXNetError(
            f"Check failed: arg_names.size() == in_args_map.size(): several arguments are named {repeated}"
        )


def _refuse_unknown(symbol: Symbol, inferred: Shapes) -> None:
    if inferred.complete:
        return
    # An output whose size depends on the data is known after the first forward only.
    dynamic = any(node.op is not None and records.find(node.op).dynamic for node in symbol._graph.nodes())
    if not dynamic or not all(
        is_complete(each) for each in (*inferred.arguments.values(), *inferred.auxiliary.values())
    ):
        known = {**inferred.arguments, **inferred.auxiliary}
        listed = "".join(f"{name}: {shape}, " for name, shape in known.items())
        raise MXNetError(f"InferShape pass cannot decide shapes for the following arguments:\n{listed}")


def _declared(symbol: Symbol) -> set[str]:
    """Variables whose shape the program wrote on the symbol are fed, not learned."""
    return {
        node.name for node in symbol._graph.variables() if "__shape__" in node.attrs and "__init__" not in node.attrs
    }
