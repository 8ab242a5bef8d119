"""What inference scripts use of ``mx.test_utils``."""

from __future__ import annotations

import os
import shutil
import urllib.parse
import urllib.request
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["almost_equal", "assert_almost_equal", "download"]


def download(
    url: str, fname: str | None = None, dirname: str | None = None, overwrite: bool = False, retries: int = 5
) -> str:
    """The path of a file: an existing one is returned, else it is downloaded.

    It is named by the last part of the URL, with its query as MXNet does; one without it is found too.
    """
    names = [fname] if fname else [url.rsplit("/", 1)[-1], os.path.basename(urllib.parse.urlsplit(url).path)]
    if dirname is not None:
        os.makedirs(dirname, exist_ok=True)
    paths = [os.path.join(dirname or "", name) for name in names]
    for found in paths:
        if os.path.exists(found) and not overwrite:
            return found
    path = paths[0]
    failure: OSError | None = None
    for _ in range(max(retries, 1)):
        draft = f"{path}.part"
        try:
            with urllib.request.urlopen(url, timeout=60) as answer, open(draft, "wb") as file:
                shutil.copyfileobj(answer, file)
            os.replace(draft, path)
            return path
        except OSError as error:
            failure = error
    raise OSError(f"{url} cannot be downloaded ({failure}); put the file at {path}") from failure


def almost_equal(a: npt.ArrayLike, b: npt.ArrayLike, rtol: float = 1e-5, atol: float = 1e-20) -> bool:
    """Whether arrays agree within tolerances."""
    return np.allclose(np.asarray(a), np.asarray(b), rtol=rtol, atol=atol)


def assert_almost_equal(a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-20, **kwargs: Any) -> None:
    """Raises AssertionError unless arrays agree within tolerances."""
    np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=rtol, atol=atol)
