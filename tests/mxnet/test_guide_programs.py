"""The Python programs of the original's developer guide run as they are, on an accelerator.

Their text is taken from the guide. What a page break did to it is undone: blocks cut in two, a string over two lines,
and two brackets in the wrong order.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import offboard.mxnet as mx
from offboard import demo
from offboard_accelerator.embedded import EmbeddedDaemon

_FENCE = "```\n"
_DEMO = Path(demo.__file__).parent


def _programs(guide: str) -> list[str]:
    """The whole programs that bind on mx.eia(), in the guide's order."""
    text = re.sub(rf"{_FENCE}\s*{_FENCE}", "", guide.replace("\u000c", ""))
    blocks = [block for block in text.split(_FENCE) if block.startswith("import mxnet as mx") and "mx.eia()" in block]
    return [_repaired(block) for block in blocks if "bind(" in block]


def _repaired(block: str) -> str:
    lines: list[str] = []
    for line in block.splitlines():
        if lines and lines[-1].count("'") % 2 and not lines[-1].lstrip().startswith("#"):
            lines[-1] += line
        else:
            lines.append(line)
    return "\n".join(lines).replace("'synset.txt'])", "'synset.txt')]")


@pytest.fixture(scope="module")
def folder(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that the programs download, under the names that they ask for."""
    made = tmp_path_factory.mktemp("guide")
    prefix = shared_data / "models" / "efficientnet-lite0-mxnet" / "efficientnet-lite0"
    symbol, arguments, auxiliary = mx.model.load_checkpoint(str(prefix), 0)
    # The guide's networks take pixels as they are.
    whole = symbol(data=(mx.sym.Variable("data") - 127) / 128)
    for name in ("resnet-50", "resnet-152"):
        mx.model.save_checkpoint(str(made / name), 0, whole, arguments, auxiliary)
    labels = shared_data / "models" / "images" / "synset.txt"
    (made / "synset.txt").write_bytes(labels.read_bytes())
    (made / "cat.jpg?raw=true").write_bytes((_DEMO / "chelsea.png").read_bytes())
    return made


def test_the_programs(accelerator: EmbeddedDaemon, folder: Path, shared_data: Path, tmp_path: Path) -> None:
    (guide,) = (shared_data / "guide").glob("*.txt")
    programs = _programs(guide.read_text("utf-8"))
    assert len(programs) == 4
    expected = [
        ["Inference 9, output = \n[2.718"],
        ["1st Inference, output = \n[4. 7.]", "2nd Inference, output = \n[3. 3.]"],
        ["tiger cat", "Egyptian cat", "tabby"],
        ["tiger cat", "Egyptian cat", "tabby"],
    ]
    for number, (program, parts) in enumerate(zip(programs, expected, strict=True)):
        script = tmp_path / f"program{number}.py"
        script.write_text(program, "utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "offboard.cli", "run", str(script)],
            cwd=folder,
            env={**os.environ, **accelerator.environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert "Number of Elastic Inference Accelerators Available: 1" in done.stderr
        for part in parts:
            assert part in done.stdout
