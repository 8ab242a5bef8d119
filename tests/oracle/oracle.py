"""Real MXNet in another interpreter, that may crash: a case that kills it is answered as a crash."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from tests.oracle import frames


class Oracle:
    """One process of real MXNet, started again after each crash or case without an answer in ``seconds``."""

    def __init__(self, python: str, seconds: float = 30.0, script: str = "real.py") -> None:
        self._python, self._seconds, self._script = python, seconds, script
        self._process: subprocess.Popen[bytes] | None = None
        # What comes after it has loaded MXNet by then.
        self._next: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Oracle:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()
        self._process, self._next = self._next, None
        self._stop()

    def restart(self) -> None:
        """Lets the next case be asked of a new process."""
        self._stop()

    def ask(self, head: dict[str, Any], arrays: dict[str, np.ndarray]) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """What real MXNet says of a case; ``{"crash": reason}`` where it died of it."""
        process = self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            frames.write(process.stdin, head, arrays)
            if not select.select([process.stdout], [], [], self._seconds)[0]:
                self._stop()
                return {"crash": "no answer"}, {}
            answer = frames.read(process.stdout)
        except BrokenPipeError:
            answer = None
        if answer is None:
            status = process.wait()
            self._stop()
            return {"crash": f"status {status}"}, {}
        return answer

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._process = self._next or self._opened()
            self._next = self._opened()
        return self._process

    def _opened(self) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        environment.pop("PYTHONPATH", None)
        return subprocess.Popen(
            [self._python, str(Path(__file__).with_name(self._script))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        )

    def _stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for stream in (self._process.stdin, self._process.stdout):
                if stream is not None:
                    with contextlib.suppress(BrokenPipeError):
                        stream.close()
            self._process = None
