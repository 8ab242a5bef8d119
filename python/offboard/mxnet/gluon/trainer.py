"""``gluon.Trainer``: there is none, and it says so."""

from __future__ import annotations

from typing import Any, NoReturn

from offboard import rules
from offboard.errors import InferenceOnlyError

__all__ = ["Trainer"]


class Trainer:
    """Refused: inference only. The name is there for programs that import it and for ``isinstance``."""

    def __new__(cls, *args: Any, **kwargs: Any) -> NoReturn:
        """Raises InferenceOnlyError."""
        raise InferenceOnlyError(rules.text("inference_only_cpu", operation="gluon.Trainer"))
