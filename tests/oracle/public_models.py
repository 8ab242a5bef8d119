"""Detection and classification networks of the public package gluoncv, with real MXNet and with ours.

    ORACLE tests/oracle/public_models.py FOLDER
    OFFBOARD_AS_MXNET=1 OFFBOARD_ENDPOINT=embedded PYTHON tests/oracle/public_models.py FOLDER

The first writes parameters and outputs, the second loads the parameters and compares: on the CPU as single operators
and as a graph, and on an accelerator. Both interpreters need ``pip install gluoncv`` (which brings SciPy, pandas and
matplotlib, and for Python 3.12 wants setuptools: too heavy for ``make test``). NumPy 2 needs the name that gluoncv's
R-CNN still uses.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any

import mxnet as mx
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "mxnet" / "gluon"))
import gluon_facts

np.float = float  # type: ignore[attr-defined]
warnings.simplefilter("ignore")

SIZES = {
    "resnet50_v1b": 224,
    "mobilenetv2_1.0": 224,
    "ssd_512_resnet50_v1_voc": 512,
    "ssd_512_mobilenet1.0_voc": 512,
    "yolo3_darknet53_voc": 320,
    "faster_rcnn_resnet50_v1b_voc": 256,
    "mask_rcnn_resnet18_v1b_coco": 256,
    "fcn_resnet50_voc": 240,
}
# What a detector starts from is given, not learned.
_GIVEN = ("anchor", "offset", "normaliz", "mean", "std")


def _network(name: str) -> Any:
    from gluoncv.model_zoo import get_model

    base = {} if name.startswith(("resnet", "mobilenet")) else {"pretrained_base": False}
    return get_model(name, pretrained=False, **base)


def _outputs(net: Any, x: Any) -> list[np.ndarray]:
    made = net(x)
    return [each.asnumpy() for each in (made if isinstance(made, (list, tuple)) else [made])]


def _fill(net: Any, x: Any) -> None:
    """Made-up weights; those that predict are small, so that boxes and scores are ordinary numbers."""
    net.initialize()
    net(x)
    parameters = net._collect_params_with_prefix()
    given = {key: each.data().copy() for key, each in parameters.items() if any(word in key for word in _GIVEN)}
    gluon_facts.fill(mx, net)
    for key, each in parameters.items():
        if key in given and not key.endswith(("running_mean", "moving_mean")):
            each.set_data(given[key])
        elif "predictor" in key or "yolo_output" in key or key.endswith("gamma"):
            each.set_data(each.data() * (0.3 if key.endswith("gamma") else 0.05))


def _rows(outputs: list[np.ndarray]) -> set[tuple[float, ...]]:
    """(class, corners) of what a detector found, rounded to pixels."""
    classes, _, boxes = (each[0] for each in outputs[:3])
    return {tuple(np.round([*one, *other])) for one, other in zip(classes, boxes, strict=True) if one[0] >= 0}


def _objects_agree(name: str, how: str, made: list[np.ndarray], expected: list[np.ndarray]) -> bool:
    """Of objects with nearly the same score another one may come first, and suppress another."""
    scores = float(np.abs(made[1] - expected[1]).max())
    ours, theirs = _rows(made), _rows(expected)
    share = len(ours & theirs) / max(len(theirs), 1)
    print(f"{name:32} {how:12} scores differ by {scores:.1e}, {share:.0%} of {len(theirs)} objects are the same")
    return scores < 1e-3 and share > 0.8


def _agree(name: str, how: str, made: list[np.ndarray], expected: list[np.ndarray]) -> bool:
    if len(made) >= 3:
        return _objects_agree(name, how, made, expected)
    worst = max(float(np.abs(one - other).max()) for one, other in zip(made, expected, strict=True))
    scale = max(float(np.abs(each).max()) for each in expected)
    print(f"{name:32} {how:12} largest difference {worst:.2e} of {scale:.2e}")
    return worst <= 1e-3 * max(scale, 1)


def main() -> int:
    """The exit status says whether everything agreed."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    ours, right = hasattr(mx, "eia"), True
    for name in sys.argv[2:] or SIZES:
        net, size = _network(name), SIZES[name]
        x = mx.nd.array(np.random.RandomState(1).uniform(-1, 1, (1, 3, size, size)))
        parameters, stored = str(folder / f"{name}.params"), folder / f"{name}.npz"
        if not ours:
            _fill(net, x)
            net.save_parameters(parameters)
            np.savez(stored, *_outputs(net, x))
            print(name, "written")
            continue
        net.initialize()
        net.load_parameters(parameters)
        with np.load(stored) as file:
            expected = [file[key] for key in sorted(file.files, key=lambda each: int(each.split("_")[1]))]
        right &= _agree(name, "operators", _outputs(net, x), expected)
        net.hybridize()
        right &= _agree(name, "graph", _outputs(net, x), expected)
        net.reset_ctx(mx.eia()) if hasattr(net, "reset_ctx") else net.collect_params().reset_ctx(mx.eia())
        right &= _agree(name, "accelerator", _outputs(net, x), expected)
    return int(not right)


if __name__ == "__main__":
    sys.exit(main())
