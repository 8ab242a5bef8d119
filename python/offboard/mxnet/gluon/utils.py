"""Batches split over contexts, and files of data sets. The name is MXNet's: programs import it."""

from __future__ import annotations

import hashlib
import os
import shutil
import urllib.parse
import urllib.request
import warnings
from itertools import pairwise
from typing import Any, NoReturn

from offboard import rules
from offboard.errors import InferenceOnlyError, MXNetError
from offboard.mxnet import ndarray as nd
from offboard.mxnet.context import Context
from offboard.mxnet.gluon.hooks import HookHandle
from offboard.mxnet.ndarray.ndarray import NDArray

__all__ = [
    "HookHandle", "check_sha1", "clip_global_norm", "download", "replace_file", "split_and_load", "split_data"
]  # fmt: skip

_BLOCK = 1 << 20


def split_data(data: NDArray, num_slice: int, batch_axis: int = 0, even_split: bool = True) -> list[NDArray]:
    """Slices along the batch axis; all of one size unless ``even_split`` is False."""
    size = data.shape[batch_axis]
    if even_split and size % num_slice:
        raise ValueError(
            f"data with shape {data.shape} cannot be evenly split into {num_slice} slices along axis {batch_axis}. "
            f"Use a batch size that's multiple of {num_slice} or set even_split=False to allow uneven partitioning "
            "of data."
        )
    if num_slice == 1:
        return [data]
    num_slice = min(num_slice, size)
    # The last slice has what is left over.
    bounds = [number * (size // num_slice) for number in range(num_slice)] + [size]
    return [
        data[begin:end] if batch_axis == 0 else data.slice_axis(batch_axis, begin, end)
        for begin, end in pairwise(bounds)
    ]


def split_and_load(data: Any, ctx_list: list[Context], batch_axis: int = 0, even_split: bool = True) -> list[NDArray]:
    """Slices of a batch, one for each context.

    For contexts that are accelerators they stay on the CPU, as all inputs of blocks do.
    """
    array = data if isinstance(data, NDArray) else nd.array(data)
    slices = split_data(array, len(ctx_list), batch_axis, even_split)
    return [
        each if context.device_type == "eia" else each.as_in_context(context)
        for each, context in zip(slices, ctx_list, strict=False)
    ]


def clip_global_norm(arrays: Any, max_norm: float, check_isfinite: bool = True) -> NoReturn:
    """Refused: inference only."""
    raise InferenceOnlyError(rules.text("inference_only_cpu", operation="clip_global_norm"))


def _get_repo_url() -> str:
    """Where public packages look for files: ``MXNET_GLUON_REPO``; raises MXNetError without it."""
    url = os.environ.get("MXNET_GLUON_REPO")
    if not url:
        raise MXNetError("The public repository of MXNet's files is gone: set MXNET_GLUON_REPO to one, or give paths")
    return url.rstrip("/") + "/"


def _get_repo_file_url(namespace: str, filename: str) -> str:
    """The address of a file there."""
    return f"{_get_repo_url()}{namespace}/{filename}"


def check_sha1(filename: str, sha1_hash: str) -> bool:
    """Whether a file's SHA-1 begins as ``sha1_hash``."""
    digest = hashlib.sha1(usedforsecurity=False)
    with open(filename, "rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest().startswith(sha1_hash)


def replace_file(src: str, dst: str) -> None:
    """Puts one file in the place of another at once."""
    os.replace(src, dst)


def download(
    url: str,
    path: str | None = None,
    overwrite: bool = False,
    sha1_hash: str | None = None,
    retries: int = 5,
    verify_ssl: bool = True,
) -> str:
    """Fetches a file unless it is there, and returns its path.

    Raises:
        ValueError: the URL has no file name and no path is given.
        MXNetError: it cannot be fetched, or is another file than ``sha1_hash`` says.
    """
    name = urllib.parse.urlsplit(url).path.rpartition("/")[2]
    if path is None:
        if not name:
            raise ValueError("Can't construct file-name from this URL. Please set the `path` option manually.")
        path = name
    target = os.path.expanduser(path)
    if os.path.isdir(target):
        target = os.path.join(target, name)
    assert retries >= 0, f"Number of retries should be at least 0, currently it's {retries}"
    if not verify_ssl:
        warnings.warn("Unverified HTTPS is not supported: certificates are verified.", stacklevel=2)
    if os.path.exists(target) and not overwrite and (sha1_hash is None or check_sha1(target, sha1_hash)):
        return target
    os.makedirs(os.path.dirname(os.path.abspath(target)), exist_ok=True)
    reason: Exception | str = ""
    for _ in range(retries + 1):
        try:
            _fetch(url, target)
        except OSError as error:
            reason = error
            continue
        if sha1_hash is None or check_sha1(target, sha1_hash):
            return target
        reason = "the file's SHA-1 is another than expected"
    raise MXNetError(f"{url} cannot be downloaded: {reason}")


def _fetch(url: str, target: str) -> None:
    partial = f"{target}.{os.getpid()}.part"
    try:
        with urllib.request.urlopen(url) as answer, open(partial, "wb") as file:
            shutil.copyfileobj(answer, file, _BLOCK)
        os.replace(partial, target)
    finally:
        if os.path.exists(partial):
            os.unlink(partial)
