"""A driver: a program that reads one request a line and answers each with a line, both JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any


class Driver:
    """A driver process: one JSON document a line, both ways."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "OFFBOARD_PYTHON": sys.executable, **environment},
        )
        hello = self.ask({"do": "hello"})
        self.capabilities: list[str] = hello["capabilities"]
        self.classes: dict[str, str] = hello.get("classes", {})

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, f"the driver ended with {self.process.wait(10)}"
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        self.process.communicate(timeout=30)
