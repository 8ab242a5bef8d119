"""What programs notice of MXNet beside its numbers: values, exception classes and messages, as real MXNet gave them.

``behaviours.json`` has each behaviour's ``value``, or the ``class`` of its exception and what its message ``contains``,
or the ``rule`` of the catalogue whose text it is.
"""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import pytest
from tests.mxnet import behaviours

import offboard.mxnet as mx
from offboard import rules

EXPECTED: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("behaviours.json").read_text())


def test_every_behaviour_has_its_expectation() -> None:
    assert EXPECTED.keys() == behaviours.BEHAVIOURS.keys()


def _seen(name: str) -> Any:
    with contextlib.redirect_stderr(io.StringIO()):
        return behaviours.BEHAVIOURS[name](mx)


@pytest.mark.parametrize("name", [name for name, expected in EXPECTED.items() if "value" in expected])
def test_value(name: str) -> None:
    assert _seen(name) == EXPECTED[name]["value"]


@pytest.mark.parametrize("name", [name for name, expected in EXPECTED.items() if "class" in expected])
def test_refusal(name: str) -> None:
    expected = EXPECTED[name]
    with pytest.raises(Exception) as raised:  # noqa: PT011
        _seen(name)
    # Where MXNet raises a plain RuntimeError, we may raise its subclass MXNetError.
    assert expected["class"] in [each.__name__ for each in raised.type.__mro__]
    if "rule" in expected:
        assert rules.text(expected["rule"], **expected.get("fields", {})) in str(raised.value)
    else:
        assert expected["contains"] in str(raised.value)
