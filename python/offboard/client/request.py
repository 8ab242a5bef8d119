"""Requests of forwards: laid out once for the inputs that travel and their shapes, filled for each forward."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from offboard.client.shared_memory import Segment
from offboard.wire import inference as oip
from offboard.wire.datatype import datatype_of, dtype_of

__all__ = ["Output", "Request", "output_of", "room_needed"]

_PAGE = 4096
_REGION, _OFFSET, _SIZE = "shared_memory_region", "shared_memory_offset", "shared_memory_byte_size"
# Name, dtype and shape; a dimension of -1 depends on the data.
Output: TypeAlias = tuple[str, np.dtype[Any], tuple[int, ...]]


class Request:
    """The request for an executor that sends ``inputs``, through ``segment`` if there is one.

    ``outputs`` are those whose shapes are known: with a segment they come back in it.
    """

    def __init__(
        self,
        executor: str,
        inputs: Mapping[str, npt.NDArray[Any]],
        outputs: Sequence[Output],
        segment: Segment | None,
    ) -> None:
        self._message = oip.ModelInferRequest(model_name=executor)
        self._segment = segment
        self._offsets: dict[str, int] = {}
        self.nbytes = sum(array.nbytes for array in inputs.values())
        offset = 0
        for name, array in inputs.items():
            tensor = self._message.inputs.add(name=name, datatype=datatype_of(array.dtype), shape=array.shape)
            self._offsets[name] = offset
            if segment is not None:
                _point(tensor.parameters, segment.name, offset, array.nbytes)
                offset += _aligned(array.nbytes)
        for name, dtype, shape in outputs if segment is not None else ():
            asked = self._message.outputs.add(name=name)
            size = _size(dtype, shape)
            if size and segment is not None and offset + size <= segment.size:
                _point(asked.parameters, segment.name, offset, size)
                offset += _aligned(size)

    def fill(self, arrays: Mapping[str, npt.NDArray[Any]]) -> oip.ModelInferRequest:
        """The message for these arrays, of which the inputs are sent; valid until the next."""
        if self._segment is not None:
            for name, offset in self._offsets.items():
                self._segment.put(offset, arrays[name])
        else:
            del self._message.raw_input_contents[:]
            self._message.raw_input_contents.extend([arrays[name].tobytes() for name in self._offsets])
        return self._message

    def unpack(self, reply: oip.ModelInferResponse) -> list[npt.NDArray[Any]]:
        """The outputs of an answer, in arrays of their own."""
        raw = iter(reply.raw_output_contents)
        outputs: list[npt.NDArray[Any]] = []
        for tensor in reply.outputs:
            dtype, shape = dtype_of(tensor.datatype), tuple(tensor.shape)
            if self._segment is not None and _REGION in tensor.parameters:
                outputs.append(self._segment.take(tensor.parameters[_OFFSET].int64_param, dtype, shape))
            else:
                outputs.append(np.frombuffer(bytearray(next(raw)), dtype).reshape(shape))
        return outputs


def room_needed(inputs: Sequence[npt.NDArray[Any]], outputs: Sequence[Output]) -> int:
    """Bytes of a segment that holds the inputs, and the outputs whose size is known."""
    sizes = [array.nbytes for array in inputs] + [_size(dtype, shape) for _, dtype, shape in outputs]
    return sum(map(_aligned, sizes))


def output_of(spec: Any) -> Output:
    """What the daemon says of one output."""
    return spec.name, dtype_of(spec.datatype), tuple(spec.shape)


def _size(dtype: np.dtype[Any], shape: tuple[int, ...]) -> int:
    """Bytes of an output, 0 when that depends on the data."""
    return 0 if -1 in shape else math.prod(shape) * dtype.itemsize


def _aligned(size: int) -> int:
    return -(-size // _PAGE) * _PAGE


def _point(parameters: Any, region: str, offset: int, size: int) -> None:
    parameters[_REGION].string_param = region
    parameters[_OFFSET].int64_param = offset
    parameters[_SIZE].int64_param = size
