"""The private descriptor pool and the methods of its services."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.internal import api_implementation

__all__ = ["ACCELERATOR", "INFERENCE", "METHODS", "POOL", "Method", "messages"]

ACCELERATOR, INFERENCE = "offboard.v1.AcceleratorService", "inference.GRPCInferenceService"


@dataclass(frozen=True)
class Method:
    """One method of a service: its path, message classes, and which sides stream."""

    path: str
    request: Any
    reply: Any
    client_streams: bool
    server_streams: bool

    @property
    def kind(self) -> str:
        """gRPC's word for its arity: ``unary_unary`` and so on."""
        sides = ("stream" if streams else "unary" for streams in (self.client_streams, self.server_streams))
        return "_".join(sides)

    def stub(self, channel: Any) -> Callable[..., Any]:
        """The method on a client's channel."""
        made: Callable[..., Any] = getattr(channel, self.kind)(
            self.path, request_serializer=self.request.SerializeToString, response_deserializer=self.reply.FromString
        )
        return made


def _pool() -> descriptor_pool.DescriptorPool:
    if api_implementation.Type() == "python":
        raise ImportError(
            "Offboard needs protobuf's compiled backend; PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION=python selects the "
            "pure-Python one: unset it, or install a protobuf wheel for this platform"
        )
    pool = descriptor_pool.DescriptorPool()
    for file in FileDescriptorSet.FromString(files(__package__).joinpath("descriptors.binpb").read_bytes()).file:
        pool.Add(file)
    return pool


POOL = _pool()


def messages(file: str) -> dict[str, Any]:
    """Message classes and enum values of one proto file, by name."""
    descriptor = POOL.FindFileByName(file)
    made: dict[str, Any] = {
        name: message_factory.GetMessageClass(each) for name, each in descriptor.message_types_by_name.items()
    }
    for enum in descriptor.enum_types_by_name.values():
        made.update({value.name: value.number for value in enum.values})
    return made


def _methods() -> dict[str, dict[str, Method]]:
    made: dict[str, dict[str, Method]] = {}
    for name in (ACCELERATOR, INFERENCE):
        service = POOL.FindServiceByName(name)
        made[name] = {
            each.name: Method(
                f"/{name}/{each.name}",
                message_factory.GetMessageClass(each.input_type),
                message_factory.GetMessageClass(each.output_type),
                each.client_streaming,
                each.server_streaming,
            )
            for each in service.methods
        }
    return made


METHODS = _methods()
