"""A warm child process in which untrusted graphs are parsed, lowered and first opened: it may die, the worker does not.

Requests and replies are framed: a length, a JSON header, and the bytes of a model. Nothing that the child says is
unpickled or otherwise trusted beyond its sizes.
"""

from __future__ import annotations

import json
import os
import resource
import select
import struct
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeAlias

from offboard import errors
from offboard.errors import InvalidGraphError, MXNetError
from offboard.operators.lowering import TensorSpec
from offboard.wire.datatype import datatype_of, dtype_of

__all__ = ["Converted", "Converter", "ConverterDiedError", "Variable", "start"]

_HEAD = struct.Struct("<II")
_REPLY_BYTES = 1 << 31


Place: TypeAlias = "tuple[int, str, str, str]"


class ConverterDiedError(InvalidGraphError):
    """The graph killed the process that converts, or held it beyond its time."""


@dataclass(frozen=True)
class Variable:
    """One argument or auxiliary state: its shape and dtype, and the blob's digest if it is a constant.

    One that ``follows`` was not given with the others (a label that inference ignores): its shape is what the others
    imply, and the spec's only where they imply nothing.
    """

    spec: TensorSpec
    digest: bytes
    follows: bool = False


@dataclass(frozen=True)
class Converted:
    """A vetted ONNX model and what it needs."""

    model: bytes
    inputs: list[TensorSpec]
    outputs: list[TensorSpec]
    peak_bytes: int
    nodes: int
    # Where the graph is to be cut instead: index, name, operator and reason of nodes.
    instance: list[Place]
    cut_after: list[Place]

    @property
    def whole(self) -> bool:
        """Whether the graph runs as it is."""
        return not self.instance and not self.cut_after


def start() -> subprocess.Popen[bytes]:
    """A child, which imports at once all that it needs, whatever it will be told."""
    command = [sys.executable, "-m", "offboard_accelerator.converter", str(os.getpid())]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


class Converter:
    """Runs the child, one request at a time, and starts another when it dies.

    ``folder`` has the blobs; a request may take ``seconds``, and ``address_space`` bytes beyond the child's own.
    """

    def __init__(
        self, folder: Path, seconds: float, address_space: int, child: subprocess.Popen[bytes] | None = None
    ) -> None:
        """Takes over ``child``, or starts one."""
        self._folder, self._seconds, self._address_space = folder, seconds, address_space
        self._lock = threading.Lock()
        # Children die with the thread that starts them: that of a call or a lane may end any time.
        self._starter = ThreadPoolExecutor(1, thread_name_prefix="converter")
        self._child: subprocess.Popen[bytes] | None = child or self._starter.submit(start).result()

    def convert(self, format_: str, graph: bytes, variables: Sequence[Variable]) -> Converted:
        """Lowers or checks a graph and opens it once.

        Raises:
            ConverterDiedError: it died of it. MXNetError and its subclasses: what is wrong with the graph.
        """
        header = {
            "folder": str(self._folder),
            "address_space": self._address_space,
            "format": format_,
            "variables": [
                {
                    "name": each.spec.name,
                    "datatype": datatype_of(each.spec.dtype),
                    "shape": list(each.spec.shape),
                    "digest": each.digest.hex(),
                    "follows": each.follows,
                }
                for each in variables
            ],
        }
        with self._lock:
            reply, model = self._ask(header, graph)
        if "error" in reply:
            kind = getattr(errors, str(reply["error"]), MXNetError)
            raise kind(str(reply["message"]))
        return Converted(
            model,
            [_spec(each) for each in reply["inputs"]],
            [_spec(each) for each in reply["outputs"]],
            int(reply["peak_bytes"]),
            int(reply["nodes"]),
            _places(reply["instance"]),
            _places(reply["cut_after"]),
        )

    def close(self) -> None:
        """Ends the child."""
        with self._lock:
            if self._child is not None:
                _end(self._child)
                self._child = None
        self._starter.shutdown()

    def _ensure(self) -> subprocess.Popen[bytes]:
        if self._child is not None and self._child.poll() is not None:
            _end(self._child)
            self._child = None
        if self._child is None:
            self._child = self._starter.submit(start).result()
        return self._child

    def _ask(self, header: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
        child = self._ensure()
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            _write(child.stdin, header, body)
            ready, _, _ = select.select([child.stdout], [], [], self._seconds)
            if not ready:
                raise TimeoutError
            return _read(child.stdout)
        except (OSError, EOFError, ValueError) as error:
            status = _end(child)
            self._child = None
            self._ensure()
            if isinstance(error, TimeoutError):
                raise ConverterDiedError(
                    f"The graph took longer than {self._seconds:g} s to lower and open (limit convert_seconds)"
                ) from None
            raise ConverterDiedError(
                f"The graph crashed the process that lowers and opens it (status {status}): it is not a valid model"
            ) from None


def _end(child: subprocess.Popen[bytes]) -> int:
    """Ends the child, if it still runs; returns its exit status."""
    child.kill()
    status = child.wait()
    for pipe in (child.stdin, child.stdout):
        # What was not written yet cannot be: closing the pipe says so.
        with suppress(OSError):
            if pipe is not None:
                pipe.close()
    return status


def _places(found: Sequence[Sequence[Any]]) -> list[Place]:
    return [(int(index), str(name), str(operator), str(why)) for index, name, operator, why in found]


def _spec(entry: dict[str, Any]) -> TensorSpec:
    return TensorSpec(str(entry["name"]), tuple(int(d) for d in entry["shape"]), dtype_of(entry["datatype"]))


def _entry(spec: TensorSpec) -> dict[str, Any]:
    return {"name": spec.name, "shape": list(spec.shape), "datatype": datatype_of(spec.dtype)}


def _write(stream: IO[bytes], header: dict[str, Any], body: bytes) -> None:
    encoded = json.dumps(header).encode()
    stream.write(_HEAD.pack(len(encoded), len(body)) + encoded)
    stream.write(body)
    stream.flush()


def _read(stream: IO[bytes]) -> tuple[dict[str, Any], bytes]:
    head = stream.read(_HEAD.size)
    if len(head) < _HEAD.size:
        raise EOFError
    size, body_size = _HEAD.unpack(head)
    if size + body_size > _REPLY_BYTES:
        raise ValueError("reply too large")
    header, body = stream.read(size), stream.read(body_size)
    if len(header) < size or len(body) < body_size:
        raise EOFError
    decoded: dict[str, Any] = json.loads(header)
    return decoded, body


def _serve() -> None:
    """The child: answers until its input ends."""
    # Whatever a library prints must not get between the frames.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    from offboard.operators.record import registry
    from offboard_accelerator import conversion

    registry()
    limited = False
    while True:
        try:
            header, body = _read(sys.stdin.buffer)
        except EOFError:
            return
        try:
            if not limited:
                _limit(int(header["address_space"]))
                limited = True
            made = conversion.convert(header, body, Path(header["folder"]))
            reply = {
                "inputs": [_entry(spec) for spec in made.inputs],
                "outputs": [_entry(spec) for spec in made.outputs],
                "peak_bytes": made.peak_bytes,
                "nodes": made.nodes,
                "instance": made.instance,
                "cut_after": made.cut_after,
            }
            _write(answers, reply, made.model)
        except MXNetError as error:
            _write(answers, {"error": type(error).__name__, "message": str(error)}, b"")
        except (Exception, MemoryError) as error:
            text = f"The graph cannot be converted: {type(error).__name__}: {error}"
            _write(answers, {"error": "InvalidGraphError", "message": text}, b"")


def _limit(address_space: int) -> None:
    with open("/proc/self/statm", encoding="ascii") as statm:
        own = int(statm.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (own + address_space, own + address_space))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """``python -m offboard_accelerator.converter PARENT``."""
    from offboard_accelerator.lifeline import die_with

    die_with(int(sys.argv[1]))
    _serve()


if __name__ == "__main__":
    main()
