"""What programs notice of MXNet beside its numbers: one function a behaviour, the same for ours and for real MXNet.

Each takes the library and returns what it saw, or raises what the library raises.
"""

from tests.mxnet.behaviours import arrays_and_symbols, contexts, executors, files, modules
from tests.mxnet.behaviours.registry import BEHAVIOURS

__all__ = ["BEHAVIOURS", "arrays_and_symbols", "contexts", "executors", "files", "modules"]
