import pytest

from offboard_accelerator.types import (
    Accelerator,
    AcceleratorType,
    Share,
    WorkerConfig,
    WorkerReady,
    builtin_types,
    shares,
    with_share,
)

MEDIUM, LARGE, XLARGE = builtin_types().values()


def test_builtin_types_are_the_designs() -> None:
    assert [(each.name, each.memory_bytes >> 30, each.threads) for each in (MEDIUM, LARGE, XLARGE)] == [
        ("eia1.medium", 1, 1),
        ("eia1.large", 2, 2),
        ("eia1.xlarge", 4, 4),
    ]


def test_worker_config_survives_its_line() -> None:
    config = WorkerConfig(
        accelerator=Accelerator("eia-" + "0" * 32, AcceleratorType("mine", 5, threads=3)),
        generation="g",
        restarts=2,
        died_of=0,
        data_dir="/d",
        associations="/d/a",
        grpc="127.0.0.1:1",
        unix_socket="/d/s",
        http="",
        advertised_grpc="127.0.0.1:1",
        limits={"plans": 3},
    )
    assert "\n" not in config.to_json()
    assert WorkerConfig.from_json(config.to_json()) == config


def test_ready_line() -> None:
    ready = WorkerReady("127.0.0.1:1", "unix:/x", "")
    assert WorkerReady.from_json(ready.to_json()) == ready
    for text in ("", "{}", '{"ready": true}', '{"ready": 1}', "[]"):
        with pytest.raises(ValueError, match=r"ready line|Expecting value"):
            WorkerReady.from_json(text)


def test_shares_within_the_cores_are_the_types_threads() -> None:
    assert shares([MEDIUM, LARGE], cores=4) == [Share(1, 0), Share(2, 0)]
    assert shares([XLARGE], cores=2) == [Share(2, 0)]


def test_shares_beyond_the_cores_follow_threads() -> None:
    split = shares([MEDIUM, LARGE, XLARGE], cores=2)
    assert [share.threads for share in split] == [1, 2, 2]
    given = [share.threads * 1.25**-share.nice for share in split]
    assert given[1] / given[0] == pytest.approx(2, rel=0.15)
    assert given[2] / given[1] == pytest.approx(2, rel=0.15)
    assert with_share(Accelerator("x", XLARGE), split[2]).type.threads == 2
