"""``mx.operator``: operators that a program writes in Python.

They run on the instance, in the program's own process; on ``mx.eia()`` the rest of the graph runs on the accelerator.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from offboard import rules
from offboard.errors import InferenceOnlyError, MXNetError
from offboard.mxnet.context import Context
from offboard.mxnet.ndarray.ndarray import NDArray
from offboard.operators import custom, table
from offboard.operators.infer import TYPE_FLAGS

__all__ = [
    "CustomOp", "CustomOpProp", "OperatorArguments", "get_all_registered_operators", "get_operator_arguments",
    "register",
]  # fmt: skip

_FLAGS = {dtype: flag for flag, dtype in TYPE_FLAGS.items()}
_Prop = TypeVar("_Prop", bound="CustomOpProp")


class CustomOp:
    """What an operator does; made anew for each executor and each set of input shapes."""

    def forward(
        self, is_train: bool, req: list[str], in_data: list[NDArray], out_data: list[NDArray], aux: list[NDArray]
    ) -> None:
        """Computes ``out_data`` from ``in_data``, with :meth:`assign`."""

    def backward(
        self,
        req: list[str],
        out_grad: list[NDArray],
        in_data: list[NDArray],
        out_data: list[NDArray],
        in_grad: list[NDArray],
        aux: list[NDArray],
    ) -> None:
        """Never called: this is inference."""
        raise InferenceOnlyError(rules.text("inference_only_cpu", operation="backward"))

    def assign(self, dst: NDArray, req: str, src: Any) -> None:
        """Writes ``src`` as the request ``req`` says: null, write, inplace or add."""
        if req in ("write", "inplace"):
            dst[:] = src
        elif req == "add":
            dst[:] += src


class CustomOpProp:
    """What an operator declares: its inputs and outputs, and their shapes and dtypes."""

    def __init__(self, need_top_grad: bool = True) -> None:
        self.need_top_grad_ = need_top_grad

    def infer_shape(self, in_shape: list[list[int]]) -> Any:
        """Shapes of inputs, outputs and auxiliary states; an unknown input is an empty list."""
        return in_shape, (in_shape[0],) * len(self.list_outputs()), ()

    def infer_type(self, in_type: list[Any]) -> Any:
        """NumPy types of inputs, outputs and auxiliary states; an unknown one is None."""
        count = len(self.list_arguments())
        return (
            [in_type[0]] * count,
            [in_type[0]] * len(self.list_outputs()),
            [in_type[0]] * len(self.list_auxiliary_states()),
        )

    def list_outputs(self) -> list[str]:
        """Names of the outputs."""
        return ["output"]

    def list_arguments(self) -> list[str]:
        """Names of the inputs."""
        return ["data"]

    def list_auxiliary_states(self) -> list[str]:
        """Names of the auxiliary states."""
        return []

    def declare_backward_dependency(
        self, out_grad: Sequence[int], in_data: Sequence[int], out_data: Sequence[int]
    ) -> list[int]:
        """What backward would need."""
        return [*(out_grad if self.need_top_grad_ else ()), *in_data, *out_data]

    def create_operator(self, ctx: Context, in_shapes: list[list[int]], in_dtypes: list[int]) -> CustomOp:
        """The operator for these shapes and MXNet type numbers, auxiliary states last."""
        return CustomOp()


class _Adapter:
    """A property as the operator layer sees it."""

    def __init__(self, name: str, prop: CustomOpProp) -> None:
        self._name, self._prop = name, prop
        self.arguments = tuple(prop.list_arguments())
        self.auxiliary = tuple(prop.list_auxiliary_states())
        self.outputs = tuple(prop.list_outputs())

    def infer_shapes(self, arguments: custom.Shapes) -> tuple[custom.Shapes, custom.Shapes, custom.Shapes]:
        return self._three("infer_shape", self._prop.infer_shape([list(shape) for shape in arguments]))

    def infer_types(
        self, arguments: Sequence[np.dtype[Any] | None]
    ) -> tuple[Sequence[np.dtype[Any]], Sequence[np.dtype[Any]], Sequence[np.dtype[Any]]]:
        types = [None if dtype is None else dtype.type for dtype in arguments]
        return self._three("infer_type", self._prop.infer_type(types))

    def open(self, inputs: Sequence[npt.NDArray[Any]]) -> custom.Run:
        if len(inputs) != len(self.arguments) + len(self.auxiliary):
            raise MXNetError(
                f"Operator Custom expects {len(self.arguments) + len(self.auxiliary)} inputs, but got {len(inputs)} "
                f"instead (op_type {self._name})"
            )
        count = len(self.arguments)
        given = [list(array.shape) for array in inputs]
        _, shapes, _ = self.infer_shapes(given[:count])
        _, dtypes, _ = self.infer_types([array.dtype for array in inputs[:count]])
        operator = self._prop.create_operator(Context("cpu", 0), given, [_FLAGS[array.dtype] for array in inputs])
        requests = ["write"] * len(self.outputs)

        def run(arrays: Sequence[npt.NDArray[Any]], is_train: bool) -> list[npt.NDArray[Any]]:
            made = [
                NDArray(np.zeros([int(d) for d in shape], dtype)) for shape, dtype in zip(shapes, dtypes, strict=True)
            ]
            wrapped = [NDArray(array) for array in arrays]
            operator.forward(is_train, requests, wrapped[:count], made, wrapped[count:])
            return [each._data for each in made]

        return run

    def _three(self, function: str, made: Any) -> tuple[Any, Any, Any]:
        """MXNet lets auxiliary states be left out, and everything but the inputs in ``infer_type``."""
        if not isinstance(made, (list, tuple)) or len(made) not in (2, 3):
            raise MXNetError(f"{function} of custom operator {self._name} must return 2 or 3 lists, not {made!r}")
        arguments, outputs, auxiliary = (*made, ())[:3]
        for what, values, names in (
            ("arguments", arguments, self.arguments),
            ("outputs", outputs, self.outputs),
            ("auxiliary states", auxiliary, self.auxiliary),
        ):
            if len(values) != len(names):
                raise MXNetError(
                    f"{function} of custom operator {self._name} must return one entry for each of its {what} "
                    f"{list(names)}, not {len(values)}"
                )
        return arguments, outputs, auxiliary


def register(reg_name: str) -> Callable[[type[_Prop]], type[_Prop]]:
    """A decorator that makes a :class:`CustomOpProp` known as ``Custom(op_type=reg_name)``.

    The class is made with the other parameters of the call, as text.
    """

    def decorate(prop: type[_Prop]) -> type[_Prop]:
        def factory(params: Mapping[str, str]) -> custom.Definition:
            make: Callable[..., CustomOpProp] = prop
            return _Adapter(reg_name, make(**params))

        custom.register(reg_name, factory)
        return prop

    return decorate


class OperatorArguments(NamedTuple):
    """What an operator takes."""

    narg: int
    names: list[str]
    types: list[str]


def get_all_registered_operators() -> list[str]:
    """Names of all operators of MXNet."""
    return table.names(aliases=True)


def get_operator_arguments(op_name: str) -> OperatorArguments:
    """Inputs and parameters of an operator, with their types."""
    facts = table.find(op_name)
    inputs = [name for name in facts.declared_inputs if name not in facts.parameters]
    names = [*inputs, *facts.parameters]
    types = ["NDArray-or-Symbol"] * len(inputs) + [each.type for each in facts.parameters.values()]
    return OperatorArguments(len(names), names, types)
