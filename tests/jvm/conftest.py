"""A fresh local repository with our artifacts, and an accelerator with a classifier and a photograph to classify."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import pytest

import offboard.mxnet as mx
from jvm_build import JvmBuild, Repository
from offboard import demo
from offboard.client import connection
from offboard.demo import efficientnet
from offboard_accelerator import embedded


class Classifier(NamedTuple):
    """A checkpoint with its labels beside it, a photograph of the size that it takes, and what Python says of that."""

    prefix: Path
    photograph: Path
    labels: list[str]
    probabilities: np.ndarray

    def best(self, count: int) -> list[str]:
        return [self.labels[index] for index in np.argsort(self.probabilities)[::-1][:count]]

    def lowest(self, count: int) -> list[str]:
        return [self.labels[index] for index in np.argsort(self.probabilities, kind="stable")[:count]]


@pytest.fixture(scope="session")
def repository(jvm_build: JvmBuild, tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """Our artifacts in a repository that holds nothing else; libraries and plugins come from the build's own."""
    return jvm_build.install(tmp_path_factory.mktemp("repository"))


@pytest.fixture(scope="module")
def accelerator() -> Iterator[embedded.EmbeddedDaemon]:
    """A private eia1.large."""
    with embedded.start("eia1.large") as daemon:
        yield daemon


@pytest.fixture(scope="session")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    """The demo's network, which takes pixels as they are."""
    folder = tmp_path_factory.mktemp("classifier")
    symbol, arguments, auxiliary = mx.model.load_checkpoint(str(efficientnet.checkpoint()), 0)
    prefix = folder / "efficientnet-lite0"
    mx.model.save_checkpoint(str(prefix), 0, symbol, arguments, auxiliary)
    labels = [f"n{index:08d} label {index}" for index in range(1000)]
    (folder / "synset.txt").write_text("\n".join(labels) + "\n", "utf-8")

    photograph = cv2.imread(str(Path(demo.__file__).parent / "chelsea.png"))
    height, width = photograph.shape[:2]
    top, left = (height - 224) // 2, (width - 224) // 2
    photograph = np.ascontiguousarray(photograph[top : top + 224, left : left + 224])
    cv2.imwrite(str(folder / "photograph.png"), photograph)
    data = mx.nd.array(photograph[:, :, ::-1].transpose(2, 0, 1)[None].astype(np.float32))
    executor = symbol.bind(
        mx.cpu(), {**arguments, "data": data, "softmax_label": mx.nd.zeros((1,))}, aux_states=auxiliary, grad_req="null"
    )
    probabilities = executor.forward()[0].asnumpy()[0]
    connection.close()
    return Classifier(prefix, folder / "photograph.png", labels, probabilities)
