"""The Python driver: plays steps read from standard input through ``import mxnet``, one JSON document a line."""

import contextlib
import io
import json
import sys
from collections import namedtuple
from collections.abc import Callable
from typing import Any

import offboard

offboard.install_as_mxnet()

import mxnet as mx  # noqa: E402

Batch = namedtuple("Batch", ["data"])
CAPABILITIES = [
    "array", "auxiliary", "context", "context_scope", "creation", "eye", "fit", "grad_req", "linspace", "log", "module",
    "predictor", "random", "symbol", "write",
]  # fmt: skip
LOG = io.StringIO()


class Player:
    """Holds the named values of one case and does its steps."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}

    def play(self, step: dict[str, Any]) -> Any:
        action: Callable[..., Any] = getattr(self, "do_" + step["do"])
        arguments = {key: value for key, value in step.items() if key not in ("do", "as", "expect", "scope")}
        scope = self.values[step["scope"]] if "scope" in step else contextlib.nullcontext()
        with scope:
            result = action(**arguments)
        if "as" in step:
            self.values[step["as"]] = result
            return None
        return result

    def named(self, names: dict[str, str]) -> dict[str, Any]:
        return {key: self.values[name] for key, name in names.items()}

    def placed(self, context: str | None) -> dict[str, Any]:
        return {} if context is None else {"ctx": self.values[context]}

    def do_context(self, kind: str, id: int | None = None) -> Any:
        return getattr(mx, kind)() if id is None else getattr(mx, kind)(id)

    def do_text_of(self, value: str) -> str:
        return str(self.values[value])

    def do_device_type(self, value: str) -> str:
        return self.values[value].device_type

    def do_device_typeid(self, value: str) -> int:
        return self.values[value].device_typeid

    def do_equal(self, left: str, right: str) -> bool:
        return self.values[left] == self.values[right]

    def do_array(self, values: Any, context: str | None = None) -> Any:
        return mx.nd.array(values, **self.placed(context))

    def do_ones(self, shape: list[int], context: str | None = None) -> Any:
        return mx.nd.ones(tuple(shape), **self.placed(context))

    def do_zeros(self, shape: list[int], context: str | None = None) -> Any:
        return mx.nd.zeros(tuple(shape), **self.placed(context))

    def do_full(self, shape: list[int], value: float, context: str | None = None) -> Any:
        return mx.nd.full(tuple(shape), value, **self.placed(context))

    def do_empty(self, shape: list[int], context: str | None = None) -> Any:
        return mx.nd.empty(tuple(shape), **self.placed(context))

    def do_arange(self, stop: float, context: str | None = None) -> Any:
        return mx.nd.arange(stop, **self.placed(context))

    def do_linspace(self, start: float, stop: float, count: int, context: str | None = None) -> Any:
        return mx.nd.linspace(start, stop, count, **self.placed(context))

    def do_eye(self, size: int, context: str | None = None) -> Any:
        return mx.nd.eye(size, **self.placed(context))

    def do_random_uniform(self, shape: list[int], context: str | None = None) -> Any:
        return mx.nd.random.uniform(shape=tuple(shape), **self.placed(context))

    def do_random_normal(self, shape: list[int], context: str | None = None) -> Any:
        return mx.nd.random.normal(shape=tuple(shape), **self.placed(context))

    def do_write(self, array: str, values: Any) -> None:
        self.values[array][:] = mx.nd.array(values)

    def do_log(self) -> str:
        return LOG.getvalue()

    def do_as_in_context(self, array: str, context: str) -> Any:
        return self.values[array].as_in_context(self.values[context])

    def do_copy_to(self, array: str, context: str) -> Any:
        return self.values[array].copyto(self.values[context])

    def do_variable(self, name: str) -> Any:
        return mx.sym.Variable(name)

    def do_compose(
        self, operator: str, inputs: list[str], attributes: dict[str, str] | None = None, name: str | None = None
    ) -> Any:
        namespace = mx.sym._internal if operator.startswith("_") else mx.sym
        return getattr(namespace, operator)(*(self.values[i] for i in inputs), name=name, **(attributes or {}))

    def do_infer_shape(self, symbol: str, shapes: dict[str, list[int]]) -> Any:
        arguments, outputs, auxiliary = self.values[symbol].infer_shape(**{k: tuple(v) for k, v in shapes.items()})
        return {"arguments": arguments, "outputs": outputs, "auxiliary": auxiliary}

    def do_bind(
        self,
        symbol: str,
        context: str,
        arguments: dict[str, str],
        gradients: dict[str, str] | None = None,
        grad_req: str | None = None,
    ) -> Any:
        options: dict[str, Any] = {}
        if gradients is not None:
            options["args_grad"] = self.named(gradients)
        if grad_req is not None:
            options["grad_req"] = grad_req
        return self.values[symbol].bind(self.values[context], self.named(arguments), **options)

    def do_simple_bind(
        self, symbol: str, context: str, shapes: dict[str, list[int]], grad_req: str | None = None
    ) -> Any:
        options: dict[str, Any] = {k: tuple(v) for k, v in shapes.items()}
        if grad_req is not None:
            options["grad_req"] = grad_req
        return self.values[symbol].simple_bind(ctx=self.values[context], **options)

    def do_reshape(self, executor: str, shapes: dict[str, list[int]], up_sizing: bool) -> Any:
        return self.values[executor].reshape(allow_up_sizing=up_sizing, **{k: tuple(v) for k, v in shapes.items()})

    def do_forward(self, executor: str, inputs: dict[str, str] | None = None, is_train: bool = False) -> None:
        self.values[executor].forward(is_train=is_train, **self.named(inputs or {}))

    def do_backward(self, executor: str) -> None:
        self.values[executor].backward()

    def do_output(self, executor: str, index: int) -> Any:
        return self.values[executor].outputs[index].asnumpy().tolist()

    def do_output_context(self, executor: str, index: int) -> str:
        return str(self.values[executor].outputs[index].context)

    def do_argument_context(self, executor: str, name: str) -> str:
        return str(self.values[executor].arg_dict[name].context)

    def do_auxiliary_context(self, executor: str, name: str) -> str:
        return str(self.values[executor].aux_dict[name].context)

    def do_module(self, symbol: str, context: str, label_names: list[str] | None) -> Any:
        return mx.mod.Module(self.values[symbol], context=self.values[context], label_names=label_names)

    def do_module_bind(self, module: str, data_shapes: dict[str, list[int]], for_training: bool | None = None) -> None:
        options = {} if for_training is None else {"for_training": for_training}
        self.values[module].bind(data_shapes=[(k, tuple(v)) for k, v in data_shapes.items()], **options)

    def do_module_init_params(self, module: str) -> None:
        self.values[module].init_params()

    def do_module_set_params(self, module: str, arguments: dict[str, str]) -> None:
        self.values[module].set_params(self.named(arguments), {})

    def do_module_forward(self, module: str, data: list[str]) -> None:
        self.values[module].forward(Batch([self.values[name] for name in data]))

    def do_module_output(self, module: str, index: int) -> Any:
        return self.values[module].get_outputs()[index].asnumpy().tolist()

    def do_module_init_optimizer(self, module: str) -> None:
        self.values[module].init_optimizer()

    def do_module_fit(self, module: str, data: Any) -> None:
        self.values[module].fit(mx.io.NDArrayIter(mx.nd.array(data), batch_size=1), num_epoch=1)

    def do_module_update(self, module: str) -> None:
        self.values[module].update()

    def do_predictor(self, checkpoint: str, epoch: int, context: str, data_shapes: dict[str, list[int]]) -> Any:
        module = mx.mod.Module.load(checkpoint, epoch, context=self.values[context], label_names=None)
        module.bind(data_shapes=[(k, tuple(v)) for k, v in data_shapes.items()], for_training=False)
        return module

    def do_predict(self, predictor: str, input: str) -> Any:
        self.values[predictor].forward(Batch([self.values[input]]))
        return self.values[predictor].get_outputs()[0].asnumpy().tolist()

    def do_predict_numbers(self, predictor: str, input: str) -> Any:
        return [number for row in self.do_predict(predictor, input) for number in row]


def classify(error: Exception) -> str:
    """The class as the cases name it: the nearest of the tree that MXNet itself has."""
    return "MXNetError" if isinstance(error, mx.MXNetError) else type(error).__name__


def main() -> None:
    answers = sys.stdout
    # What MXNet logs goes to standard error; a case may ask for it.
    sys.stdout = sys.stderr = LOG
    player = Player()
    for line in sys.stdin:
        request = json.loads(line)
        if request["do"] == "hello":
            answer: dict[str, Any] = {"capabilities": CAPABILITIES}
        elif request["do"] == "begin":
            player = Player()
            answer = {}
        else:
            try:
                answer = {"value": player.play(request)}
            except Exception as error:
                answer = {"error": {"class": classify(error), "text": str(error)}}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
