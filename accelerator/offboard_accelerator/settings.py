"""The daemon's settings: flags, then ``OFFBOARD_...`` variables, then the TOML file, then defaults.

Every field of :class:`Settings` is all four. ``python -m offboard_accelerator.settings`` prints ``docs/settings.md``.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ByteSize, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from offboard import rules
from offboard.client.state import data_directory, is_loopback
from offboard_accelerator import logs
from offboard_accelerator.types import AcceleratorType, builtin_types

__all__ = ["InvalidSettings", "Settings", "load", "reference", "split_address"]


class InvalidSettings(ValueError):
    """Settings that the daemon refuses; the message has one line a problem."""


class TypeSettings(BaseModel):
    """An operator's own accelerator type."""

    model_config = ConfigDict(extra="forbid")

    memory_bytes: ByteSize = Field(gt=0, description="enforced memory: a number, or like `512MiB`")
    threads: int = Field(1, ge=1, le=1024, description="threads on a CPU device")
    fp32_tflops: float = Field(0.0, ge=0, description="label")
    fp16_tflops: float = Field(0.0, ge=0, description="label")


def _split_commas(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _absolute(value: object) -> object:
    return Path(value).expanduser().absolute() if isinstance(value, str | Path) and str(value) else None


OptionalPath = Annotated[Path | None, BeforeValidator(_absolute)]


class Settings(BaseSettings):
    """What ``offboard serve`` is told. The description of a field is its line in the documentation."""

    model_config = SettingsConfigDict(
        env_prefix="OFFBOARD_", env_nested_delimiter="__", extra="forbid", validate_default=True, env_ignore_empty=True
    )

    accelerator_type: Annotated[list[str], NoDecode, BeforeValidator(_split_commas)] = Field(
        ["eia1.medium"],
        min_length=1,
        max_length=64,
        description="the accelerators to offer, by type; repeat the flag, or separate by commas, for several",
    )
    listen: str = Field(
        "127.0.0.1:0",
        description="`HOST:PORT` of gRPC; port 0 picks a free one. Beyond loopback it needs TLS and a token",
    )
    http: str = Field("127.0.0.1:0", description="`HOST:PORT` of REST, loopback only; `off` for none")
    advertise: str = Field(
        "", description="host name that clients are told to connect to; default: that of `listen`, or this host's name"
    )
    data_dir: Annotated[Path, BeforeValidator(_absolute)] = Field(
        default_factory=data_directory,
        description="associations, stores and sockets; default: `daemon` below the state directory",
    )
    model_repository: OptionalPath = Field(None, description="folder of models to serve by name")
    tls_cert: OptionalPath = Field(None, description="PEM file of the certificate chain")
    tls_key: OptionalPath = Field(None, description="PEM file of the private key")
    token_file: OptionalPath = Field(
        None, description="file whose content, stripped, every call must show as its token"
    )
    standby: bool = Field(
        True, description="keep a warm process at hand, so that a worker that died is back in a moment"
    )
    drain_seconds: float = Field(
        30.0, ge=0, le=3600, description="how long calls in flight may take to finish after SIGTERM"
    )
    limits: dict[str, int] = Field(
        default_factory=dict, description="limits by name, as `NAME=VALUE`; the others keep their defaults"
    )
    accelerator_types: dict[str, TypeSettings] = Field(
        default_factory=dict,
        description="your own accelerator types; as a flag `NAME:memory_bytes=512MiB,threads=2`",
    )
    log: str = Field("info", description="level, and after a comma the format: `console` or `json`")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags before variables before the TOML file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @model_validator(mode="after")
    def _check(self) -> "Settings":
        problems = [*self._address_problems(), *self._file_problems(), *self._type_problems(), *self._limit_problems()]
        try:
            logs.parse(self.log)
        except logs.InvalidLog as error:
            problems.append(str(error))
        if problems:
            raise ValueError("\n".join(problems))
        return self

    def _address_problems(self) -> list[str]:
        problems = []
        for name, address in (("listen", self.listen), ("http", self.http)):
            if name == "http" and address == "off":
                continue
            try:
                host, _ = split_address(address)
            except ValueError as error:
                problems.append(f"{name}: {error}")
                continue
            if is_loopback(host):
                continue
            if name == "http":
                problems.append(rules.text("insecure_http", address=address))
            elif not (self.tls_cert and self.tls_key and self.token_file):
                problems.append(rules.text("insecure_listen", address=address))
        return problems

    def _file_problems(self) -> list[str]:
        problems = []
        if bool(self.tls_cert) != bool(self.tls_key):
            problems.append("tls_cert and tls_key: give both or none")
        for name in ("tls_cert", "tls_key", "token_file"):
            path: Path | None = getattr(self, name)
            if path is None:
                continue
            try:
                if not path.read_bytes().strip():
                    problems.append(f"{name}: {path} is empty")
            except OSError as error:
                problems.append(f"{name}: {path}: {error.strerror}")
        if self.model_repository is not None and not self.model_repository.is_dir():
            problems.append(f"model_repository: {self.model_repository} is not a folder")
        return problems

    def _type_problems(self) -> list[str]:
        builtin = builtin_types()
        problems = [
            f"accelerator_types: {name} is built in and keeps its meaning"
            for name in self.accelerator_types
            if name in builtin
        ]
        known = {**builtin, **self.accelerator_types}
        unknown = sorted({name for name in self.accelerator_type if name not in known})
        problems += [f"accelerator_type: {name} is unknown; known are {', '.join(sorted(known))}" for name in unknown]
        return problems

    def _limit_problems(self) -> list[str]:
        known = rules.limits()
        unknown = [
            f"limits: {name} is unknown; known are {', '.join(known)}" for name in self.limits if name not in known
        ]
        return unknown + [f"limits: {name} must be 1 or more" for name, value in self.limits.items() if value < 1]

    def all_limits(self) -> dict[str, int]:
        """Every limit by name, the operator's values over the defaults."""
        return rules.limits() | self.limits

    def all_types(self) -> dict[str, AcceleratorType]:
        """Built-in types and the operator's own, by name."""
        own = {
            name: AcceleratorType(name, int(each.memory_bytes), each.fp32_tflops, each.fp16_tflops, each.threads)
            for name, each in self.accelerator_types.items()
        }
        return builtin_types() | own


def load(flags: Mapping[str, Any], config: Path | None = None) -> Settings:
    """Settings from ``flags`` (those that were given), the environment and the TOML file ``config``.

    Raises:
        InvalidSettings: with one line a problem.
    """
    if config is not None and not config.is_file():
        raise InvalidSettings(f"config: {config} is not a file")

    class Configured(Settings):
        model_config = SettingsConfigDict(toml_file=config)

    try:
        return Configured(**flags)
    except ValidationError as error:
        lines = []
        for problem in error.errors():
            where = ".".join(str(part) for part in problem["loc"])
            message = problem["msg"].removeprefix("Value error, ")
            lines.append(f"{where}: {message}" if where else message)
        raise InvalidSettings("\n".join(lines)) from error
    except (SettingsError, ValueError) as error:
        # A TOML file or a JSON variable that does not parse.
        raise InvalidSettings(str(error)) from error


def split_address(address: str) -> tuple[str, int]:
    """``HOST:PORT`` as host (an IPv6 address without its brackets) and port.

    Raises:
        ValueError: it is not of that form.
    """
    host, separator, port = address.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    if not separator or not host or (":" in host and not bracketed) or not port.isdecimal() or int(port) > 65535:
        raise ValueError(f"{address!r} is not HOST:PORT")
    return host.strip("[]"), int(port)


def parse_type(text: str) -> tuple[str, dict[str, str]]:
    """Reads the flag's form of a type, ``NAME:memory_bytes=512MiB,threads=2``.

    Raises:
        ValueError: it is not of that form.
    """
    name, separator, facts = text.partition(":")
    pairs = [part.partition("=") for part in facts.split(",")]
    if not name or not separator or not all(key and equals and value for key, equals, value in pairs):
        raise ValueError(f"{text!r} is not NAME:memory_bytes=BYTES[,threads=COUNT]")
    return name, {key.strip(): value.strip() for key, _, value in pairs}


def parse_limit(text: str) -> tuple[str, int]:
    """Reads the flag's form of a limit, ``NAME=VALUE``.

    Raises:
        ValueError: it is not of that form.
    """
    name, separator, value = text.partition("=")
    if not name or not separator or not value.isdecimal():
        raise ValueError(f"{text!r} is not NAME=VALUE")
    return name, int(value)


FLAGS = {"limits": "--limit", "accelerator_types": "--type", "standby": "--standby/--no-standby"}
"""Flags whose name is not the setting's own."""

TOML_EXAMPLES = {
    "accelerator_type": '["eia1.medium", "eia1.large"]',
    "advertise": '"accelerators.example"',
    "data_dir": '"/var/lib/offboard"',
    "model_repository": '"/srv/models"',
    "tls_cert": '"/etc/offboard/tls.pem"',
    "tls_key": '"/etc/offboard/tls.key"',
    "token_file": '"/etc/offboard/token"',
    "listen": '"0.0.0.0:5051"',
    "http": '"127.0.0.1:5052"',
    "standby": "true",
    "drain_seconds": "30",
    "log": '"info,json"',
}

CLIENT_VARIABLES = {
    "OFFBOARD_ENDPOINT": "the daemon: `host:port`, `unix:PATH` or `embedded` (a private daemon for the process's "
    "life); default: the daemon of this host's data directory",
    "OFFBOARD_HOME": "the state directory, see [state-files.md](state-files.md)",
    "OFFBOARD_INSTANCE_ID": "the instance's id, where it is not to be made here",
    "OFFBOARD_CA": "PEM file of the certificates to trust; default beyond loopback: the system's",
    "OFFBOARD_TOKEN": "the daemon's token; default for the daemon of this host: its token file, where readable",
    "OFFBOARD_CALL_SECONDS": "the deadline of one inference, instead of the limit `call_seconds`",
    "OFFBOARD_BIND_SECONDS": "the deadline of one bind, uploads included, instead of the limit `bind_seconds`",
    "OFFBOARD_AS_MXNET": "`1`: `import mxnet` is Offboard in every Python process of the environment",
    "OFFBOARD_LOG": "level of the client's log, and after a comma its format",
}


def flag(name: str) -> str:
    """The flag of the setting ``name``."""
    return FLAGS.get(name, "--" + name.replace("_", "-"))


def reference() -> str:
    """The text of ``docs/settings.md``."""
    lines = [
        "# Settings",
        "",
        "<!-- Written by `python -m offboard_accelerator.settings`; a test compares. -->",
        "",
        "## The daemon",
        "",
        "`offboard serve` reads a setting from its flag, else from its variable, else from the TOML file",
        "(`--config FILE` or `OFFBOARD_CONFIG`), else takes the default.",
        "",
        "| flag | variable | in the file | default | what it is |",
        "|---|---|---|---|---|",
    ]
    for name, field in Settings.model_fields.items():
        default = field.default if field.default_factory is None and field.default is not None else ""
        shown = ",".join(default) if isinstance(default, list) else str(default).lower() if default != "" else ""
        table = name in ("limits", "accelerator_types")
        lines.append(
            f"| `{flag(name)}` | `OFFBOARD_{name.upper()}{'` (JSON)' if table else '`'} "
            f"| {f'`[{name}]`' if table else f'`{name}`'} | {f'`{shown}`' if shown else ''} | {field.description} |"
        )
    lines += ["", "A whole file:", "", "```toml"]
    lines += [f"{name} = {example}" for name, example in TOML_EXAMPLES.items()]
    lines += [
        "",
        "[limits]",
        "plans = 16",
        "",
        '[accelerator_types."mine.small"]',
        'memory_bytes = "512MiB"',
        "threads = 2",
        "```",
        "",
    ]
    lines += ["An own type has:", "", "| key | default | what it is |", "|---|---|---|"]
    for name, field in TypeSettings.model_fields.items():
        shown = "" if field.is_required() else f"`{field.default}`"
        lines.append(f"| `{name}` | {shown} | {field.description} |")
    lines += ["", "## Limits", "", "| limit | default | unit | what it is |", "|---|---|---|---|"]
    for name, entry in rules.catalogue()["limits"].items():
        lines.append(f"| `{name}` | {entry['default']} | {entry['unit']} | {entry['meaning']} |")
    lines += ["", "## A program that uses an accelerator", "", "| variable | what it is |", "|---|---|"]
    lines += [f"| `{name}` | {meaning} |" for name, meaning in CLIENT_VARIABLES.items()]
    return "\n".join(lines) + "\n"


def config_path(flag_value: Path | None) -> Path | None:
    """The TOML file: the flag's, or ``OFFBOARD_CONFIG``."""
    given = os.environ.get("OFFBOARD_CONFIG", "")
    return flag_value or (Path(given) if given else None)


if __name__ == "__main__":
    print(reference(), end="")
