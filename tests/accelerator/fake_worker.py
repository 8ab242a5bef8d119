"""A worker without an engine: it speaks the supervisor's protocol and tells anyone who connects who it is.

``FAKE_WORKER`` says how it misbehaves: ``refuses`` to start, is ``deaf`` to SIGTERM, or ``brief`` (dies when ready), or
``silent`` (never answers its supervisor).
"""

import json
import os
import signal
import socket
import sys
import threading
from pathlib import Path

from offboard_accelerator.types import WorkerConfig, WorkerReady

behaviour = os.environ.get("FAKE_WORKER", "")
if "deaf" in behaviour:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
else:
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
line = sys.stdin.readline()
if not line:
    sys.exit(0)
config = WorkerConfig.from_json(line)
if "refuses" in behaviour:
    sys.exit(3)

host, _, port = config.grpc.rpartition(":")
tcp = socket.socket()
tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
tcp.bind((host, int(port)))
tcp.listen()
Path(config.unix_socket).unlink(missing_ok=True)
unix = socket.socket(socket.AF_UNIX)
unix.bind(config.unix_socket)
unix.listen()


def answer(listener: socket.socket) -> None:
    while True:
        connection, _ = listener.accept()
        facts = {"pid": os.getpid(), "nice": os.nice(0), **json.loads(config.to_json())}
        with connection:
            connection.sendall(json.dumps(facts).encode())


lane = socket.socket(socket.AF_UNIX)
config.lane.unlink(missing_ok=True)
lane.bind(str(config.lane))
lane.listen()
if "silent" not in behaviour:
    threading.Thread(target=answer, args=(lane,), daemon=True).start()
threading.Thread(target=answer, args=(tcp,), daemon=True).start()
threading.Thread(target=answer, args=(unix,), daemon=True).start()
print("imports say things")
http = f"http://{config.http}" if config.http else ""
print(WorkerReady(config.advertised_grpc, f"unix:{config.unix_socket}", http).to_json(), flush=True)
print("and so does a worker", flush=True)
if "brief" in behaviour:
    os._exit(7)
sys.stdin.read()
