"""Messages as JSON documents, as Triton prints them: every field, by its own name, numbers as numbers."""

from __future__ import annotations

from typing import Any

from google.protobuf.descriptor import FieldDescriptor

__all__ = ["document_of"]


def document_of(message: Any) -> dict[str, Any]:
    """A message without maps as a dictionary."""
    return {field.name: _value(message, field) for field in message.DESCRIPTOR.fields}


def _value(message: Any, field: FieldDescriptor) -> Any:
    value, names = getattr(message, field.name), field.enum_type

    def plain(one: Any) -> Any:
        if field.message_type is not None:
            return document_of(one)
        return one if names is None else names.values_by_number[one].name

    # Whether a field repeats is asked differently of protobuf 5 and 7; its value is the same in both.
    return [plain(one) for one in value] if hasattr(value, "append") else plain(value)
