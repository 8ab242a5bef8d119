"""The Open Inference Protocol over HTTP: the same service as over gRPC, behind other paths."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from offboard.wire import inference as oip
from offboard_accelerator.rest.document import document_of
from offboard_accelerator.rest.guard import read_body
from offboard_accelerator.rest.tensors import HEADER_LENGTH, InvalidRequest, decode, encode
from offboard_accelerator.services.inference_service import InferenceService

__all__ = ["router"]


@dataclass(frozen=True)
class _Caller:
    """What the service asks of a gRPC context. HTTP callers have no session: they see published models only."""

    address: str

    def peer(self) -> str:
        """Who calls, in gRPC's form."""
        return self.address

    def invocation_metadata(self) -> tuple[tuple[str, str], ...]:
        """No session."""
        return ()


def _caller(request: Request) -> _Caller:
    if request.client is None:
        return _Caller("")
    host, port = request.client.host, request.client.port
    return _Caller(f"ipv6:[{host}]:{port}" if ":" in host else f"ipv4:{host}:{port}")


def router(service: InferenceService, message_bytes: int) -> APIRouter:
    """The routes of the protocol and of its repository and system shared memory extensions."""
    routes = APIRouter(prefix="/v2")

    async def document(request: Request) -> dict[str, Any]:
        body = await read_body(request, message_bytes)
        try:
            decoded = json.loads(body) if body.strip() else {}
        except ValueError as error:
            raise InvalidRequest(f"the request is not JSON: {error}") from error
        if not isinstance(decoded, dict):
            raise InvalidRequest("the request is not an object")
        return decoded

    @routes.get("/health/live")
    def live() -> Response:
        return Response(status_code=200)

    @routes.get("/health/ready")
    def ready(request: Request) -> Response:
        answer = service.ServerReady(oip.ServerReadyRequest(), _caller(request))
        return Response(status_code=200 if answer.ready else 503)

    @routes.get("")
    def server(request: Request) -> JSONResponse:
        answer = service.ServerMetadata(oip.ServerMetadataRequest(), _caller(request))
        return JSONResponse({"name": answer.name, "version": answer.version, "extensions": list(answer.extensions)})

    @routes.get("/models/{model}/versions/{version}/ready")
    @routes.get("/models/{model}/ready")
    def model_ready(request: Request, model: str, version: str = "") -> Response:
        answer = service.ModelReady(oip.ModelReadyRequest(name=model, version=version), _caller(request))
        return Response(status_code=200 if answer.ready else 404)

    @routes.get("/models/{model}/versions/{version}/config")
    @routes.get("/models/{model}/config")
    def config(request: Request, model: str, version: str = "") -> JSONResponse:
        answer = service.ModelConfig(oip.ModelConfigRequest(name=model, version=version), _caller(request))
        return JSONResponse(document_of(answer.config))

    @routes.get("/models/{model}/versions/{version}/stats")
    @routes.get("/models/{model}/stats")
    @routes.get("/models/stats")
    def stats(request: Request, model: str = "", version: str = "") -> JSONResponse:
        answer = service.ModelStatistics(oip.ModelStatisticsRequest(name=model, version=version), _caller(request))
        return JSONResponse(document_of(answer))

    @routes.get("/models/{model}/versions/{version}")
    @routes.get("/models/{model}")
    def metadata(request: Request, model: str, version: str = "") -> JSONResponse:
        answer = service.ModelMetadata(oip.ModelMetadataRequest(name=model, version=version), _caller(request))
        inputs, outputs = (
            [{"name": each.name, "datatype": each.datatype, "shape": list(each.shape)} for each in tensors]
            for tensors in (answer.inputs, answer.outputs)
        )
        return JSONResponse(
            {
                "name": answer.name,
                "versions": list(answer.versions),
                "platform": answer.platform,
                "inputs": inputs,
                "outputs": outputs,
            }
        )

    @routes.post("/models/{model}/versions/{version}/infer")
    @routes.post("/models/{model}/infer")
    async def infer(request: Request, model: str, version: str = "") -> Response:
        body = await read_body(request, message_bytes)
        length = request.headers.get(HEADER_LENGTH)
        if length is not None and not length.isdecimal():
            raise InvalidRequest(f"{HEADER_LENGTH} is {length!r}")
        return await run_in_threadpool(_infer, model, version, body, None if length is None else int(length), request)

    def _infer(model: str, version: str, body: bytes, length: int | None, request: Request) -> Response:
        message, wanted = decode(model, version, body, length)
        answer, json_length = encode(service.ModelInfer(message, _caller(request)), wanted)
        if json_length is None:
            return Response(answer, media_type="application/json")
        headers = {"Inference-Header-Content-Length": str(json_length)}
        return Response(answer, media_type="application/octet-stream", headers=headers)

    @routes.post("/repository/index")
    async def index(request: Request) -> JSONResponse:
        asked = oip.RepositoryIndexRequest(ready=bool((await document(request)).get("ready", False)))
        answer = await run_in_threadpool(service.RepositoryIndex, asked, _caller(request))
        return JSONResponse(
            [
                {"name": each.name, "version": each.version, "state": each.state, "reason": each.reason}
                for each in answer.models
            ]
        )

    @routes.post("/repository/models/{model}/load")
    async def load(request: Request, model: str) -> JSONResponse:
        asked = oip.RepositoryModelLoadRequest(model_name=model)
        for key in (await document(request)).get("parameters") or {}:
            asked.parameters[str(key)].string_param = ""
        await run_in_threadpool(service.RepositoryModelLoad, asked, _caller(request))
        return JSONResponse({})

    @routes.post("/repository/models/{model}/unload")
    def unload(request: Request, model: str) -> JSONResponse:
        service.RepositoryModelUnload(oip.RepositoryModelUnloadRequest(model_name=model), _caller(request))
        return JSONResponse({})

    @routes.get("/systemsharedmemory/region/{region}/status")
    @routes.get("/systemsharedmemory/status")
    def regions(request: Request, region: str = "") -> JSONResponse:
        answer = service.SystemSharedMemoryStatus(oip.SystemSharedMemoryStatusRequest(name=region), _caller(request))
        return JSONResponse(
            [
                {"name": each.name, "key": each.key, "offset": each.offset, "byte_size": each.byte_size}
                for each in answer.regions.values()
            ]
        )

    @routes.post("/systemsharedmemory/region/{region}/register")
    async def register(request: Request, region: str) -> JSONResponse:
        given = await document(request)
        try:
            asked = oip.SystemSharedMemoryRegisterRequest(
                name=region, key=given["key"], offset=given.get("offset", 0), byte_size=given["byte_size"]
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidRequest(f"a region has a key, a byte_size and perhaps an offset: {error}") from error
        await run_in_threadpool(service.SystemSharedMemoryRegister, asked, _caller(request))
        return JSONResponse({})

    @routes.post("/systemsharedmemory/region/{region}/unregister")
    @routes.post("/systemsharedmemory/unregister")
    def unregister(request: Request, region: str = "") -> JSONResponse:
        service.SystemSharedMemoryUnregister(oip.SystemSharedMemoryUnregisterRequest(name=region), _caller(request))
        return JSONResponse({})

    return routes
