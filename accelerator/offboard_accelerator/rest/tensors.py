"""Inference requests and responses between the protocol's HTTP form and its messages.

In HTTP a tensor's data is JSON, or lies in shared memory, or is binary behind the JSON (the binary tensor data
extension: the header ``Inference-Header-Content-Length`` says where the JSON ends). The messages carry raw contents.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from offboard.operators.casts import BFLOAT16
from offboard.wire import inference as oip
from offboard.wire.datatype import dtype_of

__all__ = ["HEADER_LENGTH", "InvalidRequest", "Wanted", "decode", "encode"]

HEADER_LENGTH = "inference-header-content-length"
REGION = "shared_memory_region"


class InvalidRequest(ValueError):
    """The body is not what the protocol says."""


@dataclass(frozen=True)
class Wanted:
    """Which outputs are to be binary: those named, or all others by default."""

    named: Mapping[str, bool]
    default: bool

    def binary(self, output: str) -> bool:
        """Whether ``output`` is."""
        return self.named.get(output, self.default)


def decode(name: str, version: str, body: bytes, json_length: int | None) -> tuple[oip.ModelInferRequest, Wanted]:
    """The message of an HTTP request, and how its outputs are to come back.

    Raises:
        InvalidRequest: it is malformed.
        ValueError: an element type is unknown.
    """
    length = len(body) if json_length is None else json_length
    if not 0 <= length <= len(body):
        raise InvalidRequest(f"{HEADER_LENGTH} is {length}, the body has {len(body)} bytes")
    document = _object(body[:length], "the request")
    message = oip.ModelInferRequest(model_name=name, model_version=version, id=_text(document.get("id", ""), "id"))
    binary = _Binary(memoryview(body)[length:])
    for entry in _list(document.get("inputs"), "inputs"):
        _add_input(message, _mapping(entry, "an input"), binary)
    binary.finish()
    named = {}
    for entry in _list(document.get("outputs", []), "outputs"):
        output = _mapping(entry, "an output")
        parameters = _mapping(output.get("parameters", {}), "parameters")
        if parameters.get("classification"):
            raise InvalidRequest("The classification extension is not offered")
        label = _text(output.get("name"), "an output's name")
        _point(message.outputs.add(name=label).parameters, parameters)
        if "binary_data" in parameters:
            named[label] = bool(parameters["binary_data"])
    parameters = _mapping(document.get("parameters", {}), "parameters")
    return message, Wanted(named, bool(parameters.get("binary_data_output", False)))


def encode(message: oip.ModelInferResponse, wanted: Wanted) -> tuple[bytes, int | None]:
    """An HTTP response's body, and the length of its JSON where binary data follows it."""
    raw = iter(message.raw_output_contents)
    outputs = []
    behind = []
    for tensor in message.outputs:
        shape = list(tensor.shape)
        entry: dict[str, Any] = {"name": tensor.name, "datatype": tensor.datatype, "shape": shape}
        if REGION in tensor.parameters:
            entry["parameters"] = {
                REGION: tensor.parameters[REGION].string_param,
                "shared_memory_offset": tensor.parameters["shared_memory_offset"].int64_param,
                "shared_memory_byte_size": tensor.parameters["shared_memory_byte_size"].int64_param,
            }
        elif wanted.binary(tensor.name):
            data = next(raw)
            entry["parameters"] = {"binary_data_size": len(data)}
            behind.append(data)
        else:
            entry["data"] = _listed(next(raw), dtype_of(tensor.datatype))
        outputs.append(entry)
    document: dict[str, Any] = {"model_name": message.model_name, "model_version": message.model_version}
    if message.id:
        document["id"] = message.id
    # JSON has no NaN; the word is what other servers write and what most readers take.
    head = json.dumps({**document, "outputs": outputs}).encode()
    return b"".join((head, *behind)), len(head) if behind else None


class _Binary:
    """What follows the JSON, taken from front to back."""

    def __init__(self, data: memoryview):
        self._data = data
        self._taken = 0

    def take(self, size: int, name: str) -> bytes:
        if size > len(self._data) - self._taken:
            raise InvalidRequest(f"Input {name} names {size} bytes of binary data, {len(self._data)} came in all")
        start, self._taken = self._taken, self._taken + size
        return bytes(self._data[start : self._taken])

    def finish(self) -> None:
        if self._taken != len(self._data):
            raise InvalidRequest(f"{len(self._data) - self._taken} bytes of binary data belong to no input")


def _add_input(message: oip.ModelInferRequest, entry: Mapping[str, Any], binary: _Binary) -> None:
    name = _text(entry.get("name"), "an input's name")
    datatype = _text(entry.get("datatype"), f"the datatype of {name}")
    shape = _list(entry.get("shape"), f"the shape of {name}")
    if not all(type(d) is int and 0 <= d < 1 << 62 for d in shape):
        raise InvalidRequest(f"The shape of input {name} is not a list of sizes")
    dtype = dtype_of(datatype)
    parameters = _mapping(entry.get("parameters", {}), "parameters")
    tensor = message.inputs.add(name=name, datatype=datatype, shape=shape)
    if REGION in parameters:
        _point(tensor.parameters, parameters)
    elif "binary_data_size" in parameters:
        size = _count(parameters["binary_data_size"], f"binary_data_size of {name}")
        message.raw_input_contents.append(binary.take(size, name))
    else:
        message.raw_input_contents.append(_parsed(name, entry.get("data"), dtype, math.prod(shape)))


def _parsed(name: str, data: Any, dtype: np.dtype[Any], count: int) -> bytes:
    """The bytes of JSON data: a flat list, or lists in lists."""
    try:
        array = np.array(_list(data, f"the data of {name}"))
    except ValueError as error:
        raise InvalidRequest(f"The data of input {name} is ragged: {error}") from error
    if array.size != count:
        raise InvalidRequest(f"Input {name} needs {count} elements, {array.size} came")
    allowed = {"b": "b", "i": "iu", "u": "iu"}.get(dtype.kind, "iuf")
    if array.size and array.dtype.kind not in allowed:
        raise InvalidRequest(f"The data of input {name} is not of its datatype")
    if dtype.kind in "iu" and array.size:
        range_ = np.iinfo(dtype)
        if int(array.min()) < range_.min or int(array.max()) > range_.max:
            raise InvalidRequest(f"The data of input {name} is beyond its datatype's range")
    # A number too large for a float is infinite there: not worth a warning.
    with np.errstate(over="ignore"):
        return array.astype(dtype).tobytes()


def _listed(raw: bytes, dtype: np.dtype[Any]) -> list[Any]:
    array: npt.NDArray[Any] = np.frombuffer(raw, dtype)
    listed: list[Any] = (array.astype(np.float32) if dtype == BFLOAT16 else array).tolist()
    return listed


def _point(target: Any, parameters: Mapping[str, Any]) -> None:
    """Copies the parameters of the shared memory extension."""
    if REGION not in parameters:
        return
    target[REGION].string_param = _text(parameters[REGION], REGION)
    for key in ("shared_memory_offset", "shared_memory_byte_size"):
        if key in parameters:
            target[key].int64_param = _count(parameters[key], key)


def _object(text: bytes, what: str) -> Mapping[str, Any]:
    try:
        return _mapping(json.loads(text), what)
    except (ValueError, RecursionError) as error:
        raise InvalidRequest(f"{what} is not JSON: {error}") from error


def _mapping(value: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InvalidRequest(f"{what} is not an object")
    return value


def _list(value: Any, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise InvalidRequest(f"{what} is not a list")
    return value


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str):
        raise InvalidRequest(f"{what} is not a text")
    return value


def _count(value: Any, what: str) -> int:
    if type(value) is not int or not 0 <= value < 1 << 62:
        raise InvalidRequest(f"{what} is not a size")
    return value
