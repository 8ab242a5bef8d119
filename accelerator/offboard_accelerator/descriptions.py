"""Messages that supervisor and workers both answer with."""

from __future__ import annotations

from offboard import rules
from offboard.errors import VersionMismatchError
from offboard.operators import table
from offboard.version import __version__
from offboard.wire import accelerator as pb
from offboard_accelerator.association import Association
from offboard_accelerator.types import Accelerator, WorkerConfig

__all__ = [
    "PROTOCOL",
    "accelerator_message",
    "association_message",
    "check_version",
    "endpoints_message",
    "version_message",
]

PROTOCOL = (1, 0)
_STATES = {
    "associating": pb.Association.ASSOCIATING,
    "associated": pb.Association.ASSOCIATED,
    "disassociating": pb.Association.DISASSOCIATING,
    "disassociated": pb.Association.DISASSOCIATED,
}


def version_message() -> pb.Version:
    """This distribution's protocol, release and operator table."""
    return pb.Version(major=PROTOCOL[0], minor=PROTOCOL[1], release=__version__, operator_table=table.digest())


def check_version(client: pb.Version) -> None:
    """Raises VersionMismatchError for a client more than one minor protocol version away."""
    if client.major != PROTOCOL[0] or abs(client.minor - PROTOCOL[1]) > 1:
        raise VersionMismatchError(
            rules.text(
                "version_mismatch",
                client=client.release or "(unknown)",
                client_protocol=f"{client.major}.{client.minor}",
                daemon=__version__,
                daemon_protocol=f"{PROTOCOL[0]}.{PROTOCOL[1]}",
            )
        )


def accelerator_message(accelerator: Accelerator) -> pb.Accelerator:
    """An accelerator and its type."""
    kind = accelerator.type
    return pb.Accelerator(
        id=accelerator.id,
        type=pb.AcceleratorType(
            name=kind.name,
            memory_bytes=kind.memory_bytes,
            fp32_tflops=kind.fp32_tflops,
            fp16_tflops=kind.fp16_tflops,
            threads=kind.threads,
        ),
    )


def association_message(association: Association) -> pb.Association:
    """An association and its state."""
    return pb.Association(
        id=association.id,
        accelerator=association.accelerator,
        instance=association.instance,
        state=_STATES[association.state],
        since_unix_ms=association.since_unix_ms,
    )


def endpoints_message(config: WorkerConfig) -> pb.Endpoints:
    """Where the worker of ``config`` answers."""
    return pb.Endpoints(
        grpc=config.advertised_grpc,
        unix_socket=f"unix:{config.unix_socket}",
        http=f"http://{config.http}" if config.http else "",
        lane=f"unix:{config.lane}",
    )
