import re
from pathlib import Path

import pytest

from offboard import rules
from offboard_accelerator import settings as module
from offboard_accelerator.settings import InvalidSettings, Settings, load, parse_limit, parse_type, split_address

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"OFFBOARD_{name.upper()}", raising=False)
    monkeypatch.setenv("OFFBOARD_HOME", str(tmp_path))


def test_defaults(tmp_path: Path) -> None:
    settings = load({})
    assert settings.accelerator_type == ["eia1.medium"]
    assert settings.listen == "127.0.0.1:0"
    assert settings.data_dir == tmp_path / "daemon"
    assert settings.all_limits() == rules.limits()


def test_flag_before_variable_before_file_before_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "offboard.toml"
    config.write_text('listen = "127.0.0.1:1"\nhttp = "127.0.0.1:11"\ndrain_seconds = 7\n[limits]\nplans = 5\n')
    monkeypatch.setenv("OFFBOARD_LISTEN", "127.0.0.1:2")
    monkeypatch.setenv("OFFBOARD_HTTP", "127.0.0.1:12")
    settings = load({"listen": "127.0.0.1:3"}, config)
    assert (settings.listen, settings.http, settings.drain_seconds) == ("127.0.0.1:3", "127.0.0.1:12", 7)
    assert settings.all_limits()["plans"] == 5
    assert settings.all_limits()["sessions"] == rules.limit("sessions")


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_has_a_variable_and_a_line_in_the_file(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for file in ("cert", "key", "token"):
        (tmp_path / file).write_text("x")
    values: dict[str, tuple[str, str]] = {
        "accelerator_type": ("eia1.large,eia1.large", '["eia1.large", "eia1.large"]'),
        "listen": ("[::1]:7", '"[::1]:7"'),
        "http": ("off", '"off"'),
        "advertise": ("a.example", '"a.example"'),
        "data_dir": ("/d", '"/d"'),
        "model_repository": (str(tmp_path), f'"{tmp_path}"'),
        "token_file": (str(tmp_path / "token"), f'"{tmp_path / "token"}"'),
        "standby": ("false", "false"),
        "drain_seconds": ("1.5", "1.5"),
        "log": ("debug", '"debug"'),
        "limits": ('{"plans": 1}', "{plans = 1}"),
        "accelerator_types": ('{"mine": {"memory_bytes": "16MiB"}}', "{mine = {memory_bytes = 16777216}}"),
    }
    tls = {"tls_cert": tmp_path / "cert", "tls_key": tmp_path / "key"}
    if name in tls:
        monkeypatch.setenv(f"OFFBOARD_{name.upper()}", str(tls.pop(name)))
        assert getattr(load(tls), name).parent == tmp_path
        return
    variable, line = values[name]
    default = getattr(load({}), name)
    config = tmp_path / "offboard.toml"
    config.write_text(f"{name} = {line}\n")
    from_file = getattr(load({}, config), name)
    monkeypatch.setenv(f"OFFBOARD_{name.upper()}", variable)
    assert getattr(load({}), name) == from_file != default


def test_the_documentation_is_current() -> None:
    text = (ROOT / "docs" / "settings.md").read_text()
    assert text == module.reference(), "run: python -m offboard_accelerator.settings > docs/settings.md"
    example = re.search("```toml\n(.*?)```", text, re.DOTALL)
    assert example
    assert all(re.search(rf"^(\[{name}|{name} =)", example[1], re.MULTILINE) for name in Settings.model_fields)


def test_own_types(tmp_path: Path) -> None:
    settings = load(
        {"accelerator_types": {"mine": {"memory_bytes": "16MiB", "threads": 2}}, "accelerator_type": ["mine"]}
    )
    assert settings.all_types()["mine"].memory_bytes == 16 << 20
    assert settings.all_types()["mine"].threads == 2
    with pytest.raises(InvalidSettings, match="built in"):
        load({"accelerator_types": {"eia1.medium": {"memory_bytes": 1}}})
    with pytest.raises(InvalidSettings, match=r"accelerator_type: mine is unknown; known are eia1\.large"):
        load({"accelerator_type": ["mine"]})
    with pytest.raises(InvalidSettings, match=r"accelerator_types\.mine\.memory_bytes"):
        load({"accelerator_types": {"mine": {"memory_bytes": 0}}})


def test_limits_are_known_and_positive() -> None:
    with pytest.raises(InvalidSettings, match="nonsense is unknown; known are message_bytes"):
        load({"limits": {"nonsense": 1}})
    with pytest.raises(InvalidSettings, match="plans must be 1 or more"):
        load({"limits": {"plans": 0}})


@pytest.mark.parametrize("address", ["0.0.0.0:5051", "[::]:0", "accelerators.example:1", "10.0.0.1:1"])
def test_beyond_loopback_needs_tls_and_a_token(address: str, tmp_path: Path) -> None:
    given = {}
    for name in ("tls_cert", "tls_key", "token_file"):
        with pytest.raises(InvalidSettings, match=re.escape(f"{address} is not a loopback address: give --tls-cert")):
            load({"listen": address, **({} if name == "tls_key" else given)})
        given[name] = tmp_path / name
        given[name].write_text("x")
    assert load({"listen": address, **given}).listen == address
    with pytest.raises(InvalidSettings, match="REST is served on loopback only"):
        load({"http": address, **given})


def test_files_must_be_there(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.touch()
    with pytest.raises(InvalidSettings) as caught:
        load({"tls_cert": tmp_path / "no", "token_file": empty, "model_repository": tmp_path / "no"})
    assert str(caught.value).splitlines() == [
        "tls_cert and tls_key: give both or none",
        f"tls_cert: {tmp_path / 'no'}: No such file or directory",
        f"token_file: {empty} is empty",
        f"model_repository: {tmp_path / 'no'} is not a folder",
    ]


def test_a_bad_file_is_refused(tmp_path: Path) -> None:
    config = tmp_path / "offboard.toml"
    with pytest.raises(InvalidSettings, match="is not a file"):
        load({}, config)
    config.write_text("listen = ")
    with pytest.raises(InvalidSettings):
        load({}, config)
    config.write_text("lisen = 'x'")
    with pytest.raises(InvalidSettings, match="lisen"):
        load({}, config)


def test_a_bad_variable_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OFFBOARD_LIMITS", "{")
    with pytest.raises(InvalidSettings, match="limits"):
        load({})


def test_log_is_checked() -> None:
    with pytest.raises(InvalidSettings, match="levels debug, info"):
        load({"log": "loud"})


@pytest.mark.parametrize("address", ["", "x", ":1", "x:", "x:-1", "x:65536", "::1:5", "x:y"])
def test_addresses_that_are_none(address: str) -> None:
    with pytest.raises(ValueError, match="HOST:PORT"):
        split_address(address)


def test_forms_of_flags() -> None:
    assert split_address("[::1]:5") == ("::1", 5)
    assert parse_limit("plans=3") == ("plans", 3)
    assert parse_type("mine:memory_bytes=1MiB,threads=2") == ("mine", {"memory_bytes": "1MiB", "threads": "2"})
    for text in ("plans", "plans=", "=3", "plans=x"):
        with pytest.raises(ValueError, match="NAME=VALUE"):
            parse_limit(text)
    for text in ("mine", "mine:", ":memory_bytes=1", "mine:memory_bytes"):
        with pytest.raises(ValueError, match="NAME:memory_bytes"):
            parse_type(text)
