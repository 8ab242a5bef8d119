"""A worker: the process of one accelerator. ``python -m offboard_accelerator.worker``.

It imports everything first and reads its configuration afterwards, so that a standby is ready in no time.
"""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from offboard.operators.record import registry
from offboard.wire.pool import ACCELERATOR, INFERENCE, POOL
from offboard_accelerator import converter, logs
from offboard_accelerator.accelerator import AcceleratorState
from offboard_accelerator.addresses import listen_at
from offboard_accelerator.lane import Lanes
from offboard_accelerator.lifeline import die_with
from offboard_accelerator.security import TokenInterceptor, read_token, server_credentials
from offboard_accelerator.services.accelerator_service import AcceleratorService
from offboard_accelerator.services.handlers import handlers_of
from offboard_accelerator.services.inference_service import InferenceService
from offboard_accelerator.types import WorkerConfig, WorkerReady

__all__ = ["main", "serve"]

# Calls at once, beyond the streams that sessions keep open: their lease, and those on which they infer. Threads are
# made when they are needed.
_CALLS = 64
_OPEN = 8
_GRACE_SECONDS = 5.0


def serve(config: WorkerConfig, converting: subprocess.Popen[bytes]) -> tuple[Any, Lanes, AcceleratorState]:
    """The running gRPC server of a worker, its lanes, and its state."""
    state = AcceleratorState(config, converting)
    limit = config.limits["message_bytes"]
    interceptors = [TokenInterceptor(read_token(config.token_file))] if config.token_file else []
    server = grpc.server(
        ThreadPoolExecutor(_CALLS + (1 + _OPEN) * config.limits["sessions"], thread_name_prefix="call"),
        interceptors=interceptors,
        options=[
            ("grpc.max_receive_message_length", limit),
            ("grpc.max_send_message_length", limit),
            ("grpc.so_reuseport", 1),
        ],
    )
    identity = config.accelerator.id
    inference = InferenceService(state)
    server.add_generic_rpc_handlers(
        (
            handlers_of(ACCELERATOR, AcceleratorService(state), identity),
            handlers_of(INFERENCE, inference, identity),
        )
    )
    checks = health.HealthServicer()
    for service in ("", ACCELERATOR, INFERENCE):
        checks.set(service, health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    reflection.enable_server_reflection([ACCELERATOR, INFERENCE, reflection.SERVICE_NAME], server, pool=POOL)
    if config.tls_cert:
        server.add_secure_port(config.grpc, server_credentials(config.tls_cert, config.tls_key))
    else:
        server.add_insecure_port(config.grpc)
    with suppress(FileNotFoundError):
        Path(config.unix_socket).unlink()
    server.add_insecure_port(f"unix:{config.unix_socket}")
    most = _OPEN * config.limits["sessions"]
    lanes = Lanes(config.lane, identity, state.sessions.check, inference.infer, limit, most)
    server.start()
    return server, lanes, state


def main() -> None:
    """Waits for the configuration on standard input, serves, and drains at SIGTERM or at the end of the input."""
    die_with(os.getppid())
    # It imports as long as this process does, and is wanted as soon: an executor that is bound again waits for both.
    converting = converter.start()
    registry()
    if "--rest" in sys.argv:
        import offboard_accelerator.rest.server
        import offboard_accelerator.rest.worker  # noqa: F401
    # Not an Event: its lock may be held by the very thread that a signal interrupts.
    ended: queue.SimpleQueue[None] = queue.SimpleQueue()
    signal.signal(signal.SIGTERM, lambda *_: ended.put(None))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    line = sys.stdin.readline()
    if not line:
        converting.kill()
        return
    config = WorkerConfig.from_json(line)
    logs.configure(os.environ.get("OFFBOARD_LOG", "info"), accelerator=config.accelerator.id)
    # From now on no caller is refused: over HTTP it waits until gRPC, which most use, is up.
    listener = listen_at(config.http) if config.http else None
    server, lanes, state = serve(config, converting)
    rest = None
    if listener is not None:
        # Imported only where it is served: that takes long.
        from offboard_accelerator.rest.server import RestServer
        from offboard_accelerator.rest.worker import worker_application

        rest = RestServer(worker_application(state), listener)
    print(WorkerReady.of(config).to_json(), flush=True)
    threading.Thread(target=_until_end_of_input, args=(ended,), name="lifeline", daemon=True).start()
    threading.Thread(target=state.repository.load_all, name="repository", daemon=True).start()
    ended.get()
    state.draining.set()
    stopped = server.stop(grace=_GRACE_SECONDS)
    lanes.close(_GRACE_SECONDS)
    if rest is not None:
        rest.close()
    stopped.wait()
    state.close()
    # Leases and streams of clients that linger must not hold the process.
    os._exit(0)


def _until_end_of_input(ended: queue.SimpleQueue[None]) -> None:
    sys.stdin.read()
    ended.put(None)


if __name__ == "__main__":
    main()
