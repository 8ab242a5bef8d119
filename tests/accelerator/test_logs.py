import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from offboard_accelerator import logs


@pytest.fixture(autouse=True)
def _restore() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_json_lines_with_what_is_bound() -> None:
    stream = io.StringIO()
    logs.configure("info,json", stream, accelerator="eia-1")
    logs.logger("offboard_accelerator.x").info("worker started", pid=3)
    logging.getLogger("grpc").warning("from %s", "elsewhere")
    logs.logger("offboard_accelerator.x").debug("unseen")
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert first.items() >= {"accelerator": "eia-1", "event": "worker started", "pid": 3, "level": "info"}.items()
    assert second.items() >= {"accelerator": "eia-1", "event": "from elsewhere", "level": "warning"}.items()


def test_console_without_colours_off_a_terminal() -> None:
    stream = io.StringIO()
    logs.configure("debug", stream)
    logs.logger("x").debug("seen", number=3)
    assert "seen" in stream.getvalue()
    assert "number=3" in stream.getvalue()
    assert "\x1b" not in stream.getvalue()


def test_exceptions_are_told() -> None:
    stream = io.StringIO()
    logs.configure("info,json", stream)
    try:
        raise ValueError("why")
    except ValueError:
        logs.logger("x").exception("failed")
    assert "why" in stream.getvalue()


@pytest.mark.parametrize("text", ["loud", "info,xml", ",xml"])
def test_a_bad_value_is_refused(text: str) -> None:
    with pytest.raises(logs.InvalidLog, match=r"LEVEL\[,FORMAT\]"):
        logs.parse(text)


def test_short_forms() -> None:
    assert logs.parse("") == (logging.INFO, "console")
    assert logs.parse("DEBUG, json") == (logging.DEBUG, "json")
