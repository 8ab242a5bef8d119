"""What an installed wheel must do on any supported Python: attach, bind and infer, through `import mxnet`."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

SCRIPT = """
import mxnet as mx
import numpy as np

data = mx.sym.var('data', shape=(2, 3))
net = mx.sym.exp(data)
executor = net.simple_bind(ctx=mx.eia(), grad_req='null')
answer = executor.forward(data=mx.nd.zeros((2, 3)))[0].asnumpy()
assert mx.__version__ == '1.9.1'
assert np.array_equal(answer, np.ones((2, 3), 'float32')), answer
print('accelerated')
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "script.py"
        script.write_text(SCRIPT)
        command = [sys.executable, "-m", "offboard.cli", "run", "--embedded", str(script)]
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120, env=dict(os.environ))
        assert "accelerated" in done.stdout, done
        alias = [sys.executable, "-c", "import mxnet; assert mxnet.__name__ and mxnet.__version__ == '1.9.1'"]
        subprocess.run(alias, check=True, timeout=60, env={**os.environ, "OFFBOARD_AS_MXNET": "1"})
    print("installed wheel: ok")


if __name__ == "__main__":
    main()
