"""The REST application of a worker."""

from __future__ import annotations

from fastapi import FastAPI

from offboard.wire import accelerator as pb
from offboard_accelerator.accelerator import AcceleratorState
from offboard_accelerator.rest.inference import router
from offboard_accelerator.rest.operations import application
from offboard_accelerator.security import read_token
from offboard_accelerator.services.accelerator_service import AcceleratorService
from offboard_accelerator.services.inference_service import InferenceService

__all__ = ["worker_application"]


def worker_application(state: AcceleratorState) -> FastAPI:
    """Inference, and what a supervisor serves too."""
    config = state.config
    service = AcceleratorService(state)
    token = read_token(config.token_file) if config.token_file else ""
    made = application(lambda: service.Describe(pb.DescribeRequest(), None), token=token, totals=state.executors.totals)
    made.include_router(router(InferenceService(state), config.limits["message_bytes"]))
    return made
