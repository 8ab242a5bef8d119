"""What supervisor and worker say to each other: accelerators, their types, and a worker's configuration."""

import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from offboard import rules

__all__ = [
    "Accelerator",
    "AcceleratorType",
    "Share",
    "WorkerConfig",
    "WorkerReady",
    "builtin_types",
    "shares",
    "with_share",
]


@dataclass(frozen=True)
class AcceleratorType:
    """A named size of accelerator."""

    name: str
    memory_bytes: int
    """Enforced."""
    fp32_tflops: float = 0.0
    """Nominal label of the original service; so is ``fp16_tflops``."""
    fp16_tflops: float = 0.0
    threads: int = 1
    """Threads on a CPU device."""


@dataclass(frozen=True)
class Accelerator:
    """One share of a device; ``id`` is ``eia-`` and 32 hexadecimal digits."""

    id: str
    type: AcceleratorType


@dataclass(frozen=True)
class WorkerConfig:
    """Everything a worker is told: one line of JSON on its standard input, which then stays open.

    A worker imports all it needs first and reads afterwards, so a standby is a worker that was told nothing yet.
    It ends at SIGTERM (drained), at the end of its input, and with its parent (PR_SET_PDEATHSIG).
    """

    accelerator: Accelerator
    generation: str
    """New at every start of the worker."""
    restarts: int
    died_of: int
    """The signal that ended the worker before this one; 0 when it was none."""
    data_dir: str
    """The accelerator's own directory: its store."""
    associations: str
    """Path of the database of :class:`offboard_accelerator.association.Associations`."""
    grpc: str
    """``host:port`` to listen on. The supervisor holds the port bound: bind it with SO_REUSEPORT."""
    unix_socket: str
    """Path to listen on, without ``unix:``; a former worker may have left it behind. Never TLS."""
    http: str
    """``host:port`` on loopback, held bound as the other; empty: no REST."""
    advertised_grpc: str
    """What ``Endpoints.grpc`` tells to clients: differs from ``grpc`` where that is a wildcard."""
    tls_cert: str = ""
    tls_key: str = ""
    token_file: str = ""
    model_repository: str = ""
    limits: Mapping[str, int] = field(default_factory=dict)
    """By the names of the rule catalogue; complete."""

    @property
    def lane(self) -> Path:
        """Path of the Unix socket for lanes, beside the other."""
        return Path(self.unix_socket).with_suffix(".lane")

    def to_json(self) -> str:
        """The line, without its end."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "WorkerConfig":
        """Reads the line back."""
        record: dict[str, Any] = json.loads(text)
        accelerator = record.pop("accelerator")
        device_type = AcceleratorType(**accelerator["type"])
        return cls(accelerator=Accelerator(accelerator["id"], device_type), **record)


@dataclass(frozen=True)
class WorkerReady:
    """The line of JSON that a worker prints on its standard output once it answers: where, as clients are told."""

    grpc: str
    """``host:port``."""
    unix_socket: str
    """``unix:PATH``."""
    http: str
    """``http://host:port``, or empty."""

    @classmethod
    def of(cls, config: WorkerConfig) -> "WorkerReady":
        """Where the worker of ``config`` answers once it runs."""
        http = f"http://{config.http}" if config.http else ""
        return cls(config.advertised_grpc, f"unix:{config.unix_socket}", http)

    def to_json(self) -> str:
        """The line, without its end."""
        return json.dumps({"ready": True, **asdict(self)})

    @classmethod
    def from_json(cls, text: str) -> "WorkerReady":
        """Reads the line back.

        Raises:
            ValueError: it is no such line.
        """
        record = json.loads(text)
        if not isinstance(record, dict) or record.pop("ready", None) is not True:
            raise ValueError(f"not a ready line: {text!r}")
        try:
            return cls(**record)
        except TypeError as error:
            raise ValueError(f"not a ready line: {text!r}") from error


@dataclass(frozen=True)
class Share:
    """What a CPU device gives to one accelerator."""

    threads: int
    nice: int
    """Added to the worker's niceness."""


def builtin_types() -> dict[str, AcceleratorType]:
    """The types of the rule catalogue, by name."""
    return {name: AcceleratorType(name, **facts) for name, facts in rules.accelerator_types().items()}


def shares(types: Sequence[AcceleratorType], cores: int | None = None) -> list[Share]:
    """Splits a CPU device: each accelerator's threads, capped at ``cores`` (default: this machine's).

    Where all threads together outnumber the cores, the scheduler gives each worker in proportion to its running
    threads times its weight. Capping spoils that proportion for the larger types; niceness restores it (one step is
    a factor of 1.25 in weight, kernel documentation of the fair scheduler).
    """
    cores = cores or os.cpu_count() or 1
    threads = [min(each.threads, cores) for each in types]
    if sum(threads) <= cores:
        return [Share(count, 0) for count in threads]
    weights = [each.threads / count for each, count in zip(types, threads, strict=True)]
    heaviest = max(weights)
    return [
        Share(count, min(round(math.log(heaviest / weight, 1.25)), 19))
        for count, weight in zip(threads, weights, strict=True)
    ]


def with_share(accelerator: Accelerator, share: Share) -> Accelerator:
    """The accelerator with the threads that it really gets."""
    return replace(accelerator, type=replace(accelerator.type, threads=share.threads))
