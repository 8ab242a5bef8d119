"""Everything that Offboard raises on purpose.

::

    MXNetError (RuntimeError)              what MXNet 1.x raises; every error below is one
    ├── InferenceOnlyError                 training was asked for
    ├── UnsupportedOperatorError           no lowering and no instance kernel
    └── AcceleratorError                   said by, or about, an accelerator
        ├── NoAcceleratorError             none attached, none reachable
        ├── AssociationError               associated with another instance
        ├── AcceleratorOutOfMemoryError    admission or enforcement refused
        ├── InvalidGraphError              a graph, checkpoint or ONNX file that cannot be bound
        ├── QuarantinedGraphError          the graph killed too many workers
        ├── LimitExceededError             a named limit
        ├── VersionMismatchError           protocol versions too far apart
        ├── SharedMemoryError              a region that cannot be used
        ├── AcceleratorUnavailableError    connection lost, worker died, deadline passed
        └── ExecutionError                 the engine failed in a forward

ValueError, TypeError, KeyError and AssertionError are raised where MXNet raises them.
"""

__all__ = [
    "AcceleratorError",
    "AcceleratorOutOfMemoryError",
    "AcceleratorUnavailableError",
    "AssociationError",
    "ExecutionError",
    "InferenceOnlyError",
    "InvalidGraphError",
    "LimitExceededError",
    "MXNetError",
    "NoAcceleratorError",
    "QuarantinedGraphError",
    "SharedMemoryError",
    "UnsupportedOperatorError",
    "VersionMismatchError",
]


class MXNetError(RuntimeError):
    """The error of MXNet 1.x: the last line of its message is the meaning."""


class InferenceOnlyError(MXNetError):
    """Training (backward, gradients, optimizers) was asked for."""


class UnsupportedOperatorError(MXNetError):
    """An operator has neither a lowering nor an instance kernel."""


class AcceleratorError(MXNetError):
    """Anything said by, or about, an accelerator."""


class NoAcceleratorError(AcceleratorError):
    """No accelerator is attached or reachable."""


class AssociationError(AcceleratorError):
    """The accelerator is associated with another instance, or the secret shown is wrong."""


class AcceleratorOutOfMemoryError(AcceleratorError):
    """Admission or enforcement refused memory on the accelerator."""


class InvalidGraphError(AcceleratorError):
    """A graph, checkpoint or ONNX file that cannot be bound."""


class QuarantinedGraphError(AcceleratorError):
    """The graph killed as many workers as the limit allows."""


class LimitExceededError(AcceleratorError):
    """A named limit of the accelerator was exceeded."""


class VersionMismatchError(AcceleratorError):
    """Client and daemon are more than one minor protocol version apart."""


class SharedMemoryError(AcceleratorError):
    """A shared memory region cannot be registered or used."""


class AcceleratorUnavailableError(AcceleratorError):
    """The connection is lost, the worker died, or the deadline passed."""


class ExecutionError(AcceleratorError):
    """The engine failed while it ran a plan."""
