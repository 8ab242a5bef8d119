"""Whether a worker still answers: a process can hang, or be stopped, without dying."""

from __future__ import annotations

import asyncio
import struct
from pathlib import Path

__all__ = ["is_silent"]

# A frame that names no session: any worker refuses it at once.
_QUESTION = struct.pack("<IB", 0, 0)


async def is_silent(lane: Path, seconds: float) -> bool:
    """Whether the worker that listens at ``lane`` says nothing within ``seconds``.

    One that hangs up, or refuses, says something: if it died, its end is told otherwise.
    """
    try:
        await asyncio.wait_for(_ask(lane), seconds)
    except asyncio.TimeoutError:
        return True
    except OSError:
        pass
    return False


async def _ask(lane: Path) -> None:
    reader, writer = await asyncio.open_unix_connection(lane)
    try:
        writer.write(_QUESTION)
        await reader.read(1)
    finally:
        writer.close()
