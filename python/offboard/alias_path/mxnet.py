"""Found on PYTHONPATH by children of ``offboard run``: puts Offboard in its own place."""

import sys

from offboard import alias

alias.install()
del sys.modules["mxnet"]
import mxnet  # noqa: E402

sys.modules["mxnet"] = mxnet
