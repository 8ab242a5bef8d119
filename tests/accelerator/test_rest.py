import os
import re
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from offboard_accelerator import embedded
from offboard_accelerator.rest.guard import BodyTooLarge, read_body

DATA = Path(__file__).parents[1] / "data"


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[embedded.EmbeddedDaemon]:
    """Two accelerators behind a token."""
    token = tmp_path_factory.mktemp("token") / "token"
    token.write_text("hush\n")
    arguments = ["--accelerator-type", "eia1.large", "--token-file", str(token), "--limit", "message_bytes=1000"]
    with embedded.start("eia1.medium", http=True, arguments=arguments) as daemon:
        yield daemon


@pytest.fixture
def client(pair: embedded.EmbeddedDaemon) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=pair.http, headers={"authorization": "Bearer hush"}, timeout=20) as made:
        yield made


def worker_address(client: httpx.Client) -> str:
    address: str = client.get("/v1/accelerators").json()["accelerators"][0]["endpoints"]["http"]
    return address


def test_a_supervisor_serves_what_concerns_all(client: httpx.Client) -> None:
    described = client.get("/v1/accelerators").json()["accelerators"]
    assert [each["type"]["name"] for each in described] == ["eia1.medium", "eia1.large"]
    assert client.get("/healthz").json()["workers"] == {each["id"]: "ready" for each in described}
    up = re.findall(r'^offboard_worker_up\{accelerator="(\S+?)",type="\S+"\} 1\.0$', client.get("/metrics").text, re.M)
    assert up == [each["id"] for each in described]
    # Inference is the workers'.
    assert client.get("/v2").status_code == 404
    assert client.get(described[1]["endpoints"]["http"] + "/v2").json()["name"] == "offboard"


def test_the_token_is_wanted_everywhere_but_by_probes(client: httpx.Client, pair: embedded.EmbeddedDaemon) -> None:
    for base in (pair.http, worker_address(client)):
        assert httpx.get(base + "/healthz").status_code == 200
        for path in ("/metrics", "/v1/accelerators", "/v2", "/v2/health/live", "/openapi.json", "/absent"):
            for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": "hush"}):
                answer = httpx.get(base + path, headers=headers)
                assert answer.status_code == 401
                assert "OFFBOARD_TOKEN" in answer.json()["error"]


def test_a_body_at_the_limit_and_one_past_it(client: httpx.Client) -> None:
    url = worker_address(client) + "/v2/models/absent/infer"
    at, past = (b'{"inputs": []}'.ljust(size) for size in (1000, 1001))
    assert client.post(url, content=at).status_code == 404
    answer = client.post(url, content=past)
    assert (answer.status_code, "message_bytes" in answer.json()["error"]) == (413, True)
    assert client.post(url, content=iter([past[:500], past[500:]])).status_code == 413


def test_a_compressed_body_cannot_grow_beyond_the_limit() -> None:
    import asyncio
    import gzip
    import zlib

    class Request:
        def __init__(self, content: bytes, encoding: str):
            self.headers = {"content-encoding": encoding}
            self.content = content

        async def stream(self) -> Any:
            for start in range(0, len(self.content), 100):
                yield self.content[start : start + 100]

    def read(content: bytes, encoding: str, limit: int) -> bytes:
        return asyncio.run(read_body(Request(content, encoding), limit))  # type: ignore[arg-type]

    plain = bytes(1_000_000)
    for encoding, packed in (("gzip", gzip.compress(plain)), ("deflate", zlib.compress(plain))):
        assert read(packed, encoding, 1_000_000) == plain
        with pytest.raises(BodyTooLarge):
            read(packed, encoding, 999_999)
        with pytest.raises(ValueError, match="truncated"):
            read(packed[:-9], encoding, 1_000_000)


def test_a_restarted_worker_serves_rest_again(tmp_path: Path) -> None:
    with embedded.start(http=True) as daemon:
        before = httpx.get(daemon.http + "/v1/accelerators").json()["accelerators"][0]["worker"]
        for child in Path(f"/proc/{daemon.pid}/task/{daemon.pid}/children").read_text().split():
            os.kill(int(child), signal.SIGKILL)
        deadline = time.monotonic() + 30
        while True:
            try:
                after = httpx.get(daemon.http + "/v1/accelerators").json()["accelerators"][0]["worker"]
                if after["generation"] != before["generation"]:
                    break
            except httpx.TransportError:
                pass
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_models_that_cannot_be_served_say_why(tmp_path: Path) -> None:
    lenet = DATA / "digits-lenet"
    symbol, weights = lenet / "digits-lenet-symbol.json", lenet / "digits-lenet-0030.params"

    def model(name: str, *files: Path, **texts: str) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        for file in files:
            shutil.copy(file, folder)
        for file_name, text in texts.items():
            (folder / file_name.replace("_", "-", 1).replace("_", ".")).write_text(text)
        return folder

    shapes = '{"data": [-1, 1, 8, 8]}'
    model("good", symbol, weights, model_shapes_json=shapes)
    model("empty")
    model("no-weights", symbol, model_shapes_json=shapes)
    model("no-shapes", symbol, weights)
    model("bad-shapes", symbol, weights, model_shapes_json='{"data": [0, 1]}')
    model("no-json", symbol, weights, model_shapes_json="{")
    model("wrong-shapes", symbol, weights, model_shapes_json='{"data": [1, 3, 8, 8]}')
    (model("truncated", symbol, model_shapes_json=shapes) / "x.params").write_bytes(weights.read_bytes()[:1000])
    model("foreign", weights, model_shapes_json=shapes, x_symbol_json="{}").joinpath("x-symbol.json").write_text("{}")
    (tmp_path / "a-file").write_text("is no model")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "name with spaces").mkdir()
    with embedded.start(http=True, arguments=["--model-repository", str(tmp_path)]) as daemon:
        deadline = time.monotonic() + 60
        while True:
            index = {each["name"]: each for each in httpx.post(daemon.http + "/v2/repository/index").json()}
            if all(each["reason"] != "not loaded" and each["state"] != "LOADING" for each in index.values()):
                break
            assert time.monotonic() < deadline
            time.sleep(0.05)
        reasons = {name: each["reason"] for name, each in index.items()}
        assert [name for name, each in index.items() if each["state"] == "READY"] == ["good"]
        assert not {"a-file", ".hidden"} & reasons.keys()
        for name, text in {
            "empty": "holds neither model.onnx nor *-symbol.json",
            "no-weights": "*.params",
            "no-shapes": "model-shapes.json",
            "bad-shapes": "are not positive numbers or -1",
            "no-json": "model-shapes.json is not an object",
            "wrong-shapes": "conv1",
            "truncated": "truncated",
            "name with spaces": "holds neither",
        }.items():
            assert text in reasons[name], (name, reasons[name])
        assert reasons["foreign"]
