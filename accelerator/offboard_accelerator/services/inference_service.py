"""``inference.GRPCInferenceService``: the Open Inference Protocol v2."""

from __future__ import annotations

import base64
import math
import time
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from offboard.errors import AcceleratorError, InvalidGraphError
from offboard.operators.casts import BFLOAT16
from offboard.version import __version__
from offboard.wire import inference as oip
from offboard.wire.datatype import datatype_of, dtype_of
from offboard.wire.names import STREAM_ERROR
from offboard_accelerator.accelerator import AcceleratorState
from offboard_accelerator.contents import Content, GivenContent, SharedContent
from offboard_accelerator.executors import Executor
from offboard_accelerator.peer import peer_of
from offboard_accelerator.services.handlers import session_of
from offboard_accelerator.services.model_information import PLATFORM, configuration, statistics
from offboard_accelerator.wire_errors import NotFoundError, detail_of

__all__ = ["InferenceService"]

_EXTENSIONS = [
    "model_repository",
    "model_configuration",
    "system_shared_memory",
    "binary_tensor_data",
    "statistics",
]
_CONTENTS = {
    "BOOL": "bool_contents", "INT8": "int_contents", "INT16": "int_contents", "INT32": "int_contents",
    "INT64": "int64_contents", "UINT8": "uint_contents", "UINT16": "uint_contents", "UINT32": "uint_contents",
    "UINT64": "uint64_contents", "FP32": "fp32_contents", "FP64": "fp64_contents",
}  # fmt: skip
_REGION, _OFFSET, _SIZE = "shared_memory_region", "shared_memory_offset", "shared_memory_byte_size"


class InferenceService:
    """Methods have the names of the proto's. A caller without a session sees published executors only."""

    def __init__(self, state: AcceleratorState) -> None:
        self._state = state

    def ServerLive(self, request: oip.ServerLiveRequest, context: Any) -> oip.ServerLiveResponse:
        """Whether the worker answers."""
        return oip.ServerLiveResponse(live=True)

    def ServerReady(self, request: oip.ServerReadyRequest, context: Any) -> oip.ServerReadyResponse:
        """Whether it takes work, and the repository's models are there."""
        return oip.ServerReadyResponse(ready=not self._state.draining.is_set() and self._state.repository.loaded)

    def ServerMetadata(self, request: oip.ServerMetadataRequest, context: Any) -> oip.ServerMetadataResponse:
        """Name, version and extensions."""
        return oip.ServerMetadataResponse(name="offboard", version=__version__, extensions=_EXTENSIONS)

    def ModelReady(self, request: oip.ModelReadyRequest, context: Any) -> oip.ModelReadyResponse:
        """Whether a model can be inferred."""
        try:
            self._executor(request.name, request.version, session_of(context))
        except NotFoundError:
            return oip.ModelReadyResponse(ready=False)
        return oip.ModelReadyResponse(ready=True)

    def ModelMetadata(self, request: oip.ModelMetadataRequest, context: Any) -> oip.ModelMetadataResponse:
        """Inputs and outputs of a model."""
        executor = self._executor(request.name, request.version, session_of(context))
        made = oip.ModelMetadataResponse(name=executor.name, versions=[executor.version], platform=PLATFORM)
        for target, specs in ((made.inputs, executor.inputs), (made.outputs, executor.outputs)):
            for spec in specs:
                target.add(name=spec.name, datatype=datatype_of(spec.dtype), shape=spec.shape)
        return made

    def ModelConfig(self, request: oip.ModelConfigRequest, context: Any) -> oip.ModelConfigResponse:
        """The same, as Triton's clients ask it."""
        executor = self._executor(request.name, request.version, session_of(context))
        return oip.ModelConfigResponse(config=configuration(executor))

    def ModelStatistics(self, request: oip.ModelStatisticsRequest, context: Any) -> oip.ModelStatisticsResponse:
        """Counts and durations of one model, or of all that the caller may use."""
        session = session_of(context)
        if request.name:
            chosen = [self._executor(request.name, request.version, session)]
        else:
            chosen = [each for each in self._state.executors.all() if each.published]
        return oip.ModelStatisticsResponse(model_stats=[statistics(each) for each in chosen])

    def ModelInfer(self, request: oip.ModelInferRequest, context: Any) -> oip.ModelInferResponse:
        """One forward."""
        return self.infer(request, session_of(context))

    def ModelStreamInfer(
        self, requests: Iterator[oip.ModelInferRequest], context: Any
    ) -> Iterator[oip.ModelStreamInferResponse]:
        """Forwards in order on one stream; a failure is a reply, not the stream's end, and says what a call's would."""
        session = session_of(context)
        for request in requests:
            try:
                yield oip.ModelStreamInferResponse(infer_response=self.infer(request, session))
            except Exception as error:
                reply = oip.ModelStreamInferResponse(error_message=str(error))
                reply.infer_response.id = request.id
                _, detail = detail_of(error, self._state.config.accelerator.id)
                encoded = base64.b64encode(detail.SerializeToString()).decode()
                reply.infer_response.parameters[STREAM_ERROR].string_param = encoded
                yield reply

    def RepositoryIndex(self, request: oip.RepositoryIndexRequest, context: Any) -> oip.RepositoryIndexResponse:
        """Published models."""
        made = oip.RepositoryIndexResponse()
        listed = set()
        for model in self._state.repository.index():
            listed.add(model.name)
            if model.state == "READY" or not request.ready:
                made.models.add(name=model.name, version=model.version, state=model.state, reason=model.reason)
        for executor in self._state.executors.all():
            if executor.published and executor.name not in listed:
                made.models.add(name=executor.name, version=executor.version, state="READY")
        return made

    def RepositoryModelLoad(
        self, request: oip.RepositoryModelLoadRequest, context: Any
    ) -> oip.RepositoryModelLoadResponse:
        """Loads a model of the repository, or loads it again."""
        if request.parameters:
            raise InvalidGraphError("A model is loaded from the repository's folder as it is: parameters are not taken")
        self._state.repository.load(request.model_name)
        return oip.RepositoryModelLoadResponse()

    def RepositoryModelUnload(
        self, request: oip.RepositoryModelUnloadRequest, context: Any
    ) -> oip.RepositoryModelUnloadResponse:
        """Releases a model of the repository."""
        self._state.repository.unload(request.model_name)
        return oip.RepositoryModelUnloadResponse()

    def SystemSharedMemoryStatus(
        self, request: oip.SystemSharedMemoryStatusRequest, context: Any
    ) -> oip.SystemSharedMemoryStatusResponse:
        """Registered regions of this caller."""
        made = oip.SystemSharedMemoryStatusResponse()
        for region in self._state.regions.status(session_of(context)):
            if request.name in ("", region.name):
                entry = made.regions[region.name]
                entry.name, entry.key = region.name, region.key
                entry.offset, entry.byte_size = region.offset, region.byte_size
        return made

    def SystemSharedMemoryRegister(
        self, request: oip.SystemSharedMemoryRegisterRequest, context: Any
    ) -> oip.SystemSharedMemoryRegisterResponse:
        """Opens a region of the caller's."""
        scope = self._scope(context)
        self._state.regions.register(
            scope, request.name, request.key, request.offset, request.byte_size, peer_of(context.peer())
        )
        try:
            self._scope(context)
        except AcceleratorError:
            # It ended meanwhile, and with it what it had owned until then.
            self._state.regions.unregister_all(scope)
            raise
        return oip.SystemSharedMemoryRegisterResponse()

    def SystemSharedMemoryUnregister(
        self, request: oip.SystemSharedMemoryUnregisterRequest, context: Any
    ) -> oip.SystemSharedMemoryUnregisterResponse:
        """Forgets one region, or all of this caller."""
        scope = session_of(context)
        if request.name:
            self._state.regions.unregister(scope, request.name)
        else:
            self._state.regions.unregister_all(scope)
        return oip.SystemSharedMemoryUnregisterResponse()

    def _executor(self, name: str, version: str, session: str) -> Executor:
        try:
            executor = self._state.executors.get(name, session)
        except NotFoundError as error:
            reason = self._state.repository.reason(name)
            raise NotFoundError(f"Model {name} is not ready: {reason}") if reason else error from None
        if version not in ("", executor.version):
            raise NotFoundError(f"Model {name[:64]} has version {executor.version}, not {version[:64]}")
        return executor

    def _scope(self, context: Any) -> str:
        session = session_of(context)
        if session:
            self._state.sessions.check(session)
        return session

    def infer(self, request: oip.ModelInferRequest, session: str) -> oip.ModelInferResponse:
        """One forward on behalf of ``session``, or of nobody's if that is empty."""
        executor = self._executor(request.model_name, request.model_version, session)
        began = time.perf_counter_ns()
        try:
            return self._answer(executor, request, session)
        except Exception:
            executor.totals.record_failure((time.perf_counter_ns() - began) // 1000)
            raise

    def _answer(self, executor: Executor, request: oip.ModelInferRequest, session: str) -> oip.ModelInferResponse:
        owner = executor.session == session and bool(session)
        ran = executor.run(self._contents(request, session), keep=owner and not executor.published)
        began = time.perf_counter_ns()
        made = oip.ModelInferResponse(model_name=request.model_name, model_version=executor.version, id=request.id)
        if owner:
            made.parameters["queue_us"].int64_param = ran.spent.queue_us
            made.parameters["compute_us"].int64_param = ran.spent.compute_us
        wanted = {each.name: each.parameters for each in request.outputs}
        unknown = wanted.keys() - {spec.name for spec in ran.specs}
        if unknown:
            raise InvalidGraphError(f"{executor.name} has no output {', '.join(sorted(unknown))}")
        for spec, array in zip(ran.specs, ran.outputs, strict=True):
            if wanted and spec.name not in wanted:
                continue
            entry = made.outputs.add(name=spec.name, datatype=datatype_of(spec.dtype), shape=array.shape)
            parameters = wanted.get(spec.name)
            if parameters and _REGION in parameters:
                self._write(parameters, array, session, entry.parameters)
            else:
                made.raw_output_contents.append(array.tobytes())
        ran.spent.output_us = (time.perf_counter_ns() - began) // 1000
        executor.totals.record(ran.spent, ran.bytes_in, sum(array.nbytes for array in ran.outputs))
        return made

    def _contents(self, request: oip.ModelInferRequest, session: str) -> dict[str, Content]:
        contents: dict[str, Content] = {}
        raw = iter(request.raw_input_contents)
        for tensor in request.inputs:
            dtype = dtype_of(tensor.datatype)
            shape = tuple(tensor.shape)
            if any(d < 0 for d in shape):
                raise InvalidGraphError(f"Input {tensor.name} has a negative dimension")
            size = math.prod(shape) * dtype.itemsize
            if _REGION in tensor.parameters:
                contents[tensor.name] = self._shared(tensor.parameters, dtype, shape, session)
                continue
            flat = np.frombuffer(next(raw, b""), np.uint8) if request.raw_input_contents else _typed(tensor, dtype)
            if flat.nbytes != size:
                raise InvalidGraphError(f"Input {tensor.name} {shape} needs {size} bytes, {flat.nbytes} came")
            contents[tensor.name] = GivenContent(flat.view(dtype).reshape(shape))
        return contents

    def _shared(
        self, parameters: Mapping[str, Any], dtype: np.dtype[Any], shape: tuple[int, ...], session: str
    ) -> SharedContent:
        region = self._state.regions.get(session, parameters[_REGION].string_param)
        offset = parameters[_OFFSET].int64_param if _OFFSET in parameters else 0
        size = math.prod(shape) * dtype.itemsize
        if _SIZE in parameters and parameters[_SIZE].int64_param != size:
            raise InvalidGraphError(f"{parameters[_SIZE].int64_param} bytes of shared memory for {size} of the tensor")
        # Before memory for it is allocated.
        region.check(offset, size)
        return SharedContent(dtype, shape, region, offset)

    def _write(
        self, parameters: Mapping[str, Any], array: npt.NDArray[Any], session: str, told: Mapping[str, Any]
    ) -> None:
        region = self._state.regions.get(session, parameters[_REGION].string_param)
        offset = parameters[_OFFSET].int64_param if _OFFSET in parameters else 0
        room = parameters[_SIZE].int64_param if _SIZE in parameters else region.byte_size - offset
        if array.nbytes > room:
            raise AcceleratorError(f"An output of {array.nbytes} bytes does not fit {room} bytes of shared memory")
        region.write(offset, np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
        told[_REGION].string_param = region.name
        told[_OFFSET].int64_param = offset
        told[_SIZE].int64_param = array.nbytes


def _typed(tensor: Any, dtype: np.dtype[Any]) -> npt.NDArray[np.uint8]:
    """The bytes of typed contents; half floats have none."""
    if dtype in (np.float16, BFLOAT16):
        raise InvalidGraphError(f"Input {tensor.name}: {tensor.datatype} needs raw contents")
    field = _CONTENTS[tensor.datatype]
    return np.array(getattr(tensor.contents, field), dtype).view(np.uint8)
