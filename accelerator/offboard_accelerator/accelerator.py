"""One accelerator inside its worker: everything that the services share."""

from __future__ import annotations

import subprocess
import threading
from pathlib import Path

from offboard.version import __version__
from offboard_accelerator.association import Associations
from offboard_accelerator.converter import Converter
from offboard_accelerator.engine.onnxruntime_engine import OnnxRuntimeEngine
from offboard_accelerator.executors import Executors
from offboard_accelerator.memory import Ledger
from offboard_accelerator.quarantine import Quarantine
from offboard_accelerator.repository import Repository
from offboard_accelerator.sessions import Sessions
from offboard_accelerator.shared_memory import Regions
from offboard_accelerator.store import Store
from offboard_accelerator.types import WorkerConfig

__all__ = ["AcceleratorState"]


class AcceleratorState:
    """Made once from the worker's configuration, and the process that converts where that was started before."""

    def __init__(self, config: WorkerConfig, converting: subprocess.Popen[bytes] | None = None) -> None:
        identity, kind = config.accelerator.id, config.accelerator.type
        folder = Path(config.data_dir)
        limits = config.limits
        self.config = config
        self.draining = threading.Event()
        self.associations = Associations(config.associations)
        self.store = Store(folder / "blobs", identity, limits["store_bytes"], limits["blob_bytes"])
        self.ledger = Ledger(identity, __version__, kind.memory_bytes)
        self.engine = OnnxRuntimeEngine(kind.memory_bytes, kind.threads, self.ledger.refusal)
        self.converter = Converter(self.store.folder, limits["convert_seconds"], limits["convert_bytes"], converting)
        self.quarantine = Quarantine(
            folder / "quarantine", identity, config.died_of, limits["deaths_before_quarantine"]
        )
        self.executors = Executors(
            identity, self.store, self.ledger, self.engine, self.converter, self.quarantine, limits
        )
        folder_of_models = Path(config.model_repository) if config.model_repository else None
        self.repository = Repository(folder_of_models, self.executors, self.store)
        self.regions = Regions(identity, limits["shared_memory_regions"])
        self.sessions = Sessions(identity, limits["lease_seconds"], limits["sessions"], self._ended)

    def close(self) -> None:
        """Ends what would outlive the worker."""
        self.converter.close()

    def _ended(self, session: str) -> None:
        self.executors.release_session(session)
        self.regions.unregister_all(session)
