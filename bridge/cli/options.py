"""Options that many commands share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from bridge.config import Config, load_config

F = TypeVar("F", bound=Callable[..., Any])


def config_option(command: F) -> F:
    return click.option(
        "--config",
        "config_file",
        type=click.Path(path_type=Path, dir_okay=False),
        default=lambda: Path(os.environ.get("BRIDGE_CONFIG", "config.yaml")),
        help="The configuration file. Default: $BRIDGE_CONFIG, else config.yaml.",
    )(command)


def json_option(command: F) -> F:
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")(command)


def read_config(config_file: Path) -> Config:
    """Raises `ConfigError` with every fault of the file."""
    return load_config(config_file, os.environ)
