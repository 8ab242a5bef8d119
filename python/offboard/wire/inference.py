"""Messages of ``inference/grpc_service.proto``."""

from offboard.wire.pool import messages

globals().update(messages("inference/grpc_service.proto"))
