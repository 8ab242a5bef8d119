"""``mx.runtime``: what this build can do, by the names of MXNet's features."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Feature", "Features", "feature_list"]

# What the front end does itself; accelerators are asked for with mx.eia().
_FEATURES = {
    "CUDA": False, "CUDNN": False, "NCCL": False, "CUDA_RTC": False, "TENSORRT": False, "CPU_SSE": False,
    "CPU_SSE2": False, "CPU_SSE3": False, "CPU_SSE4_1": False, "CPU_SSE4_2": False, "CPU_SSE4A": False,
    "CPU_AVX": False, "CPU_AVX2": False, "OPENMP": False, "SSE": False, "F16C": False, "JEMALLOC": False,
    "BLAS_OPEN": False, "BLAS_ATLAS": False, "BLAS_MKL": False, "BLAS_APPLE": False, "LAPACK": True, "MKLDNN": False,
    "OPENCV": True, "CAFFE": False, "PROFILER": False, "DIST_KVSTORE": False, "CXX14": False,
    "INT64_TENSOR_SIZE": True, "SIGNAL_HANDLER": False, "DEBUG": False, "TVM_OP": False,
}  # fmt: skip


class Feature(NamedTuple):
    """One feature, and whether it is there."""

    name: str
    enabled: bool

    def __repr__(self) -> str:
        return f"{'✔' if self.enabled else '✖'} {self.name}"


def feature_list() -> list[Feature]:
    """Every feature."""
    return [Feature(name, enabled) for name, enabled in _FEATURES.items()]


class Features(dict[str, Feature]):
    """Every feature by its name."""

    def __init__(self) -> None:
        super().__init__({each.name: each for each in feature_list()})

    def __repr__(self) -> str:
        return str(list(self.values()))

    def is_enabled(self, feature_name: str) -> bool:
        """Whether a feature is there, whatever the case of its name; raises RuntimeError for a name that is none."""
        found = self.get(feature_name.upper())
        if found is None:
            raise RuntimeError(f"Feature '{feature_name.upper()}' is unknown, known features are: {list(self)}")
        return found.enabled
