"""What an operator asks of a daemon: no attach, no session."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc

from offboard import rules
from offboard.client.faults import detail_of, error_of
from offboard.client.state import Endpoint, resolve_endpoint
from offboard.errors import NoAcceleratorError
from offboard.wire import accelerator as pb
from offboard.wire.pool import ACCELERATOR, METHODS

__all__ = ["association_state", "describe", "facts", "terminate"]

CALL_SECONDS = 20.0


def describe(accelerator: str = "", endpoint: Endpoint | None = None) -> pb.DescribeReply:
    """The daemon's accelerators, or the one with the id ``accelerator``.

    Raises:
        NoAcceleratorError: no daemon answers.
        MXNetError: it refuses.
    """
    reply: pb.DescribeReply = _call("Describe", pb.DescribeRequest(accelerator=accelerator), endpoint)
    return reply


def terminate(instance: str, endpoint: Endpoint | None = None) -> pb.Association:
    """Ends the association of ``instance``; returns what became of it.

    Raises:
        AssociationError: the instance has none.
        NoAcceleratorError: no daemon answers.
        MXNetError: it refuses.
    """
    reply: pb.TerminateReply = _call("Terminate", pb.TerminateRequest(instance=instance), endpoint)
    return reply.association


def association_state(association: pb.Association) -> str:
    """Its state in words: ``associated`` and so on."""
    field: Any = association.DESCRIPTOR.fields_by_name["state"]
    return str(field.enum_type.values_by_number[association.state].name).lower()


def facts(status: pb.AcceleratorStatus) -> dict[str, Any]:
    """One accelerator as plain data: the form of ``offboard describe --json`` and of ``/v1/accelerators``."""
    association = None
    if status.HasField("association"):
        association = {
            "id": status.association.id,
            "instance": status.association.instance,
            "state": association_state(status.association),
            "since_unix_ms": status.association.since_unix_ms,
        }
    kind = status.accelerator.type
    return {
        "id": status.accelerator.id,
        "type": {
            "name": kind.name,
            "memory_bytes": kind.memory_bytes,
            "fp32_tflops": kind.fp32_tflops,
            "fp16_tflops": kind.fp16_tflops,
            "threads": kind.threads,
        },
        "association": association,
        "endpoints": {
            "grpc": status.endpoints.grpc,
            "unix_socket": status.endpoints.unix_socket,
            "http": status.endpoints.http,
        },
        "worker": {
            "state": status.worker_state,
            "generation": status.worker_generation,
            "restarts": status.worker_restarts,
        },
        "sessions": status.sessions,
        "memory": _memory(status.memory),
        "executors": [
            {
                "name": each.name,
                "graph": each.graph,
                "published": each.published,
                "forwards": each.forwards,
                "plans": each.plans,
                "memory": _memory(each.memory),
                "accelerated_nodes": each.accelerated_nodes,
                "instance_nodes": each.instance_nodes,
                "queue_us": each.queue_us,
                "compute_us": each.compute_us,
                "bytes_in": each.bytes_in,
                "bytes_out": each.bytes_out,
            }
            for each in status.executors
        ],
    }


def _memory(memory: pb.Memory) -> dict[str, int]:
    return {
        "total": memory.total,
        "used": memory.used,
        "weights": memory.weights,
        "activations": memory.activations,
        "store": memory.store,
    }


def _call(method: str, request: Any, endpoint: Endpoint | None) -> Any:
    where = endpoint or resolve_endpoint()
    metadata = [("authorization", f"Bearer {where.token}")] if where.token else []
    with _channel(where) as channel:
        try:
            return METHODS[ACCELERATOR][method].stub(channel)(request, timeout=CALL_SECONDS, metadata=metadata)
        except grpc.RpcError as failure:
            if detail_of(failure) is None and failure.code() is grpc.StatusCode.UNAVAILABLE:
                reason = f"Nothing answers at {where.target} ({where.source})"
                raise NoAcceleratorError(rules.text("no_accelerator", reason=reason)) from failure
            raise error_of(failure, f"calling {method}") from failure


@contextmanager
def _channel(where: Endpoint) -> Iterator[Any]:
    if where.secure:
        roots = Path(where.ca).read_bytes() if where.ca else None
        channel = grpc.secure_channel(where.target, grpc.ssl_channel_credentials(roots))
    else:
        channel = grpc.insecure_channel(where.target)
    try:
        yield channel
    finally:
        channel.close()
