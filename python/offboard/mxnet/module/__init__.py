"""``mx.mod``: modules for inference."""

from offboard.mxnet.module.base_module import BaseModule
from offboard.mxnet.module.bucketing_module import BucketingModule
from offboard.mxnet.module.module import Module
from offboard.mxnet.module.python_module import PythonLossModule, PythonModule
from offboard.mxnet.module.sequential_module import SequentialModule

__all__ = [
    "BaseModule", "BucketingModule", "Module", "PythonLossModule", "PythonModule", "SequentialModule",
]  # fmt: skip
