"""The supervisor's own gRPC server, where a daemon has several accelerators: attach, describe, terminate.

What it answers is small; tensors go to the workers, whose addresses Attach returns.
"""

import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import grpc

from offboard.errors import AcceleratorError
from offboard.wire import accelerator as pb
from offboard.wire.pool import ACCELERATOR, METHODS
from offboard_accelerator.association import Association, Associations
from offboard_accelerator.data_directory import DataDirectory
from offboard_accelerator.descriptions import (
    accelerator_message,
    association_message,
    check_version,
    endpoints_message,
    version_message,
)
from offboard_accelerator.keeper import Keeper
from offboard_accelerator.peer import peer_of
from offboard_accelerator.security import TokenInterceptor, read_token, server_credentials
from offboard_accelerator.services.handlers import handlers_of
from offboard_accelerator.settings import Settings

__all__ = ["Front", "FrontService"]

THREADS = 16
WORKER_SECONDS = 10.0
"""How long a worker may take to describe itself or to end an association."""


class FrontService:
    """``offboard.v1.AcceleratorService`` of a supervisor. Methods have the names of the proto's."""

    def __init__(self, keepers: Sequence[Keeper], associations: Associations, data: DataDirectory, token: str):
        self._keepers = {keeper.accelerator.id: keeper for keeper in keepers}
        self._associations = associations
        self._data = data
        self._metadata = [("authorization", f"Bearer {token}")] if token else []

    def Attach(self, request: pb.AttachRequest, context: Any) -> pb.AttachReply:
        """Associates an instance with a free accelerator, or confirms its association, and says where its worker is."""
        check_version(request.client)
        accelerators = [keeper.accelerator for keeper in self._keepers.values()]
        made = self._associations.attach(request.instance, request.secret, request.accelerator_type, accelerators)
        return pb.AttachReply(
            association=association_message(made.association),
            secret=made.secret,
            accelerator=accelerator_message(made.accelerator),
            endpoints=endpoints_message(self._keepers[made.accelerator.id].config),
            daemon=version_message(),
        )

    def describe(self) -> pb.DescribeReply:
        """All accelerators, for REST."""
        return self.Describe(pb.DescribeRequest(), None)

    def Describe(self, request: pb.DescribeRequest, context: Any) -> pb.DescribeReply:
        """Every accelerator, as its worker describes it; one whose worker is away, as the supervisor knows it."""
        chosen = [keeper for name, keeper in self._keepers.items() if request.accelerator in ("", name)]
        with ThreadPoolExecutor(max(len(chosen), 1)) as pool:
            return pb.DescribeReply(accelerators=list(pool.map(self._status, chosen)), daemon=version_message())

    def Terminate(self, request: pb.TerminateRequest, context: Any) -> pb.TerminateReply:
        """The operator, on this host, ends an association."""
        if not peer_of(context.peer()).local:
            raise AcceleratorError("Associations are terminated on the daemon's own host")
        begun = self._associations.begin_termination(request.instance)
        keeper = self._keepers.get(begun.accelerator)
        if keeper is not None:
            # A worker that is away finishes it before it comes back; until then the accelerator is not free.
            with suppress(grpc.RpcError):
                ended: pb.TerminateReply = self._call(keeper, "Terminate", request)
                return ended
            begun = self._associations.of_instance(request.instance) or begun
        else:
            begun = self._finish(begun)
        return pb.TerminateReply(association=association_message(begun))

    def _finish(self, begun: Association) -> Association:
        """Ends the association with an accelerator that this daemon no longer has."""
        shutil.rmtree(self._data.of_accelerator(begun.accelerator))
        return self._associations.finish_termination(begun)

    def _status(self, keeper: Keeper) -> pb.AcceleratorStatus:
        with suppress(grpc.RpcError):
            reply: pb.DescribeReply = self._call(keeper, "Describe", pb.DescribeRequest())
            status: pb.AcceleratorStatus = reply.accelerators[0]
            return status
        association = self._associations.of_accelerator(keeper.accelerator.id)
        return pb.AcceleratorStatus(
            accelerator=accelerator_message(keeper.accelerator),
            association=None if association is None else association_message(association),
            endpoints=endpoints_message(keeper.config),
            memory=pb.Memory(total=keeper.accelerator.type.memory_bytes),
            worker_restarts=keeper.restarts,
            worker_state=keeper.state,
        )

    def _call(self, keeper: Keeper, method: str, request: Any) -> Any:
        with grpc.insecure_channel(f"unix:{keeper.config.unix_socket}") as channel:
            stub = METHODS[ACCELERATOR][method].stub(channel)
            return stub(request, timeout=WORKER_SECONDS, metadata=self._metadata)


class Front:
    """The running server of a :class:`FrontService`, on a TCP address and a Unix socket."""

    def __init__(self, settings: Settings, service: FrontService, address: str, unix_socket: str):
        interceptors = [TokenInterceptor(read_token(settings.token_file))] if settings.token_file else []
        self._server = grpc.server(
            ThreadPoolExecutor(THREADS, thread_name_prefix="front"),
            interceptors=interceptors,
            options=[("grpc.so_reuseport", 1)],
        )
        self._server.add_generic_rpc_handlers((handlers_of(ACCELERATOR, service, ""),))
        if settings.tls_cert and settings.tls_key:
            self._server.add_secure_port(address, server_credentials(settings.tls_cert, settings.tls_key))
        else:
            self._server.add_insecure_port(address)
        self._server.add_insecure_port(f"unix:{unix_socket}")
        self._server.start()

    def close(self) -> None:
        """Ends it, after the calls in flight."""
        self._server.stop(grace=WORKER_SECONDS).wait()
