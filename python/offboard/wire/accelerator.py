"""Messages of ``offboard/v1/accelerator.proto``."""

from offboard.wire.pool import messages

globals().update(messages("offboard/v1/accelerator.proto"))
