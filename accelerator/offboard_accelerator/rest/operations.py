"""What worker and supervisor both serve: ``/healthz``, ``/metrics``, ``/v1/accelerators``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from offboard.client.operator import facts
from offboard.errors import MXNetError
from offboard.version import __version__
from offboard.wire import accelerator as pb
from offboard_accelerator.rest import metrics
from offboard_accelerator.rest.guard import BodyTooLarge, Guard
from offboard_accelerator.totals import Totals
from offboard_accelerator.wire_errors import detail_of

__all__ = ["application"]

STATUS = {
    "INVALID_ARGUMENT": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "FAILED_PRECONDITION": 409,
    "RESOURCE_EXHAUSTED": 507,
    "UNIMPLEMENTED": 501,
}
"""gRPC's status codes in HTTP; any other is 500."""


def application(
    describe: Callable[[], pb.DescribeReply],
    *,
    token: str = "",
    totals: Callable[[], Totals] | None = None,
) -> FastAPI:
    """The application of a process that ``describe`` describes; a worker adds inference to it."""
    # The documentation pages of FastAPI load scripts from elsewhere; the schema itself is served.
    made = FastAPI(title="Offboard", version=__version__, docs_url=None, redoc_url=None)
    made.add_middleware(Guard, token=token)

    @made.exception_handler(MXNetError)
    @made.exception_handler(ValueError)
    def refused(_: Any, error: Exception) -> JSONResponse:
        if isinstance(error, BodyTooLarge):
            return JSONResponse({"error": str(error)}, 413)
        status, detail = detail_of(error, "")
        return JSONResponse({"error": detail.message}, STATUS.get(status.name, 500))

    @made.get("/healthz")
    def health() -> JSONResponse:
        """Whether every worker answers."""
        states = {each.accelerator.id: each.worker_state for each in describe().accelerators}
        ready = all(state == "ready" for state in states.values())
        return JSONResponse({"status": "ok" if ready else "unavailable", "workers": states}, 200 if ready else 503)

    @made.get("/metrics")
    def expose() -> Response:
        """Metrics for Prometheus."""
        text = metrics.exposition(describe().accelerators, totals() if totals else None)
        return PlainTextResponse(text, media_type=metrics.CONTENT_TYPE)

    @made.get("/v1/accelerators")
    def accelerators() -> JSONResponse:
        """What `offboard describe --json` prints."""
        reply = describe()
        return JSONResponse(
            {"version": reply.daemon.release, "accelerators": [facts(each) for each in reply.accelerators]}
        )

    return made
