"""The executors of one module: one a context, each with its share of the batch and its own parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from offboard.mxnet import io
from offboard.mxnet import ndarray as nd
from offboard.mxnet.binding import simple_bind
from offboard.mxnet.context import Context
from offboard.mxnet.executor import Executor
from offboard.mxnet.ndarray.ndarray import NDArray
from offboard.mxnet.symbol.symbol import Symbol
from offboard.runtime.backend import Report

__all__ = ["ExecutorGroup", "split"]


def split(batch_size: int, work_load: Sequence[float]) -> list[slice]:
    """The rows of each context, in proportion to its work load, the last taking what rounding leaves."""
    counts = [round(load * batch_size / sum(work_load)) for load in work_load]
    if sum(counts) < batch_size:
        counts[-1] += batch_size - sum(counts)
    slices, end = [], 0
    for count in counts:
        begin, end = end, min(end + count, batch_size)
        if begin >= end:
            raise ValueError("Too many slices. Some splits are empty.")
        slices.append(slice(begin, end))
    return slices


class ExecutorGroup:
    """Splits what comes in along the batch axis, runs the parts, and joins the outputs.

    Programs reach for it as ``module._exec_group``, for ``execs``, ``batch_size`` and the arrays: names are MXNet's.
    """

    def __init__(
        self,
        symbol: Symbol,
        contexts: Sequence[Context],
        work_load: Sequence[float],
        data_shapes: Sequence[io.DataDesc],
        label_shapes: Sequence[io.DataDesc] | None,
        parameters: Sequence[str],
        requirements: Mapping[str, str],
        shared: ExecutorGroup | None,
    ) -> None:
        """Binds ``symbol`` on every context; ``shared`` lends its parameters."""
        self._work_load = work_load
        self.param_names, self.aux_names = list(parameters), symbol.list_auxiliary_states()
        self._output_axes = [io.DataDesc.get_batch_axis(each.attr("__layout__")) for each in symbol]
        self._describe(data_shapes, label_shapes)
        types = {each.name: each.dtype for each in self._described}
        self.execs: list[Executor] = []
        for number, context in enumerate(contexts):
            lender = None if shared is None else shared.execs[number]
            shapes = self._shares(number)
            # An accelerator has no gradients, and none are asked for there.
            requirement: Any = "null" if context.device_type == "eia" else requirements
            self.execs.append(
                simple_bind(symbol, context, requirement, types, shapes, parameters if lender else (), lender)
            )

    def _describe(self, data_shapes: Sequence[io.DataDesc], label_shapes: Sequence[io.DataDesc] | None) -> None:
        self._data, self._labels = list(data_shapes), list(label_shapes or [])
        self._described = [*self._data, *self._labels]
        first = self._data[0]
        self.batch_size = first.shape[_axis(first)]
        self.slices = split(self.batch_size, self._work_load)

    def _shares(self, number: int) -> dict[str, tuple[int, ...]]:
        shares = {}
        for each in self._described:
            shape, axis = list(each.shape), _axis(each)
            if axis >= 0:
                rows = self.slices[number]
                shape[axis] = rows.stop - rows.start
            shares[each.name] = tuple(shape)
        return shares

    @property
    def param_arrays(self) -> list[list[NDArray]]:
        """Each parameter on every context."""
        return [[executor.arg_dict[name] for executor in self.execs] for name in self.param_names]

    @property
    def aux_arrays(self) -> list[list[NDArray]]:
        """Each auxiliary state on every context."""
        return [[executor.aux_dict[name] for executor in self.execs] for name in self.aux_names]

    def reshape(self, data_shapes: Sequence[io.DataDesc], label_shapes: Sequence[io.DataDesc] | None) -> None:
        """Other input shapes over the same parameters."""
        self._describe(data_shapes, label_shapes)
        self.execs = [
            executor.reshape(allow_up_sizing=True, **self._shares(number))  # type: ignore[arg-type]
            for number, executor in enumerate(self.execs)
        ]

    def forward(self, data: Sequence[NDArray], labels: Sequence[NDArray], *, is_train: bool) -> None:
        """Runs a batch; labels may be left out."""
        for described, arrays in ((self._data, data), (self._labels, labels)):
            for each, array in zip(described, arrays, strict=False):
                self._load(each, array)
        for executor in self.execs:
            executor.forward(is_train=is_train)

    def _load(self, described: io.DataDesc, array: NDArray) -> None:
        axis = _axis(described)
        for executor, rows in zip(self.execs, self.slices, strict=True):
            target = executor.arg_dict[described.name]
            if len(self.execs) == 1 or axis < 0:
                array.copyto(target)
            else:
                array[(slice(None),) * axis + (rows,)].copyto(target)

    def outputs(self, *, merged: bool) -> list[Any]:
        """Outputs of the last forward: joined, or for each output the list of all contexts'."""
        parts = [list(each) for each in zip(*(executor.outputs for executor in self.execs), strict=True)]
        if not merged:
            return parts
        return [
            each[0] if len(each) == 1 or axis < 0 else nd.concatenate(each, axis=axis)
            for each, axis in zip(parts, self._output_axes, strict=True)
        ]

    def output_shapes(self) -> list[tuple[int, ...]]:
        """Shapes of the joined outputs."""
        return [tuple(array.shape) for array in self.outputs(merged=True)]

    def report(self) -> Report:
        """Where the nodes ran and what it cost, summed over the contexts."""
        total = Report()
        for executor in self.execs:
            part = executor.report()
            total.add(part)
            total.forwards = max(total.forwards, part.forwards)
        return total

    def set_params(
        self, arguments: Mapping[str, NDArray], auxiliary: Mapping[str, NDArray], *, allow_extra: bool
    ) -> None:
        """Copies parameters into every context's."""
        for executor in self.execs:
            executor.copy_params_from(arguments, auxiliary, allow_extra_params=allow_extra)


def _axis(described: io.DataDesc) -> int:
    return io.DataDesc.get_batch_axis(described.layout)
