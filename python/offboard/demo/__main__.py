"""``python -m offboard.demo``: a daemon, an unmodified MXNet script on it, and the daemon's end."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from offboard.demo import efficientnet

HERE = Path(__file__).resolve().parent


def main() -> int:
    """Returns the script's exit status."""
    began = time.monotonic()
    print("Preparing the checkpoint of EfficientNet-Lite0 ...", flush=True)
    prefix = efficientnet.checkpoint()
    script, photograph = HERE / "classify.py", HERE / "chelsea.png"
    print(f"Running {script.name} on a private eia1.medium ...", flush=True)
    command = [sys.executable, "-m", "offboard.cli", "run", "--embedded", str(script), str(prefix), str(photograph)]
    status = subprocess.run(command, check=False).returncode
    print(f"Done in {time.monotonic() - began:.1f} s.")
    return status


if __name__ == "__main__":
    sys.exit(main())
