"""`bridge serve`: the whole bridge in one process, until SIGTERM."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from threading import enumerate as enumerate_threads
from threading import main_thread

import click

from bridge import __version__, log
from bridge.cli.ending import end, taken
from bridge.cli.options import config_option, read_config
from bridge.cli.waiting import on_signals
from bridge.config import Config
from bridge.core.durations import parse_duration
from bridge.errors import ConfigError, Unavailable
from bridge.redact import Redactor
from bridge.store.sqlite import NAME, wal_reset_warning
from bridge.whole import Bridge, open_bridge

LEVELS = click.Choice(["debug", "info", "warning", "error"])
DEBUGGING = ("FLASK_DEBUG", "WERKZEUG_DEBUG_PIN", "WERKZEUG_RUN_MAIN")
PAUSE = 2.0  # seconds between two looks for a store that is away
_log = log.get_log(__name__)


@click.command()
@config_option
@click.option("--log-level", type=LEVELS, default="info", show_default=True, help="How much is logged.")
@click.option("--wait-for-store", "wait", default="60s", show_default=True, help="How long PostgreSQL may stay away.")
def serve(config_file: Path, log_level: str, wait: str) -> None:
    """Run the bridge: webhooks, workers, schedule, API. Ends cleanly on SIGTERM."""
    patience = _patience(wait)
    config = read_config(config_file)
    refuse_debugging(os.environ)
    log.set_up(Redactor(config.secrets()), log_level)
    on_signals(lambda: end(0))
    bridge = _opened(config, time.monotonic() + patience)
    on_signals(bridge.stop)
    _say_hello(bridge, config)
    bridge.run()
    leave_no_thread_waiting()


def refuse_debugging(env: Mapping[str, str]) -> None:
    """Raises `ConfigError`: a debugger at our doors would show code and secrets."""
    found = [name for name in DEBUGGING if env.get(name, "").lower() not in ("", "0", "false", "no")]
    if found:
        raise ConfigError(
            tuple(f"{name}: is set, for debugging; unset it before you start the bridge" for name in found)
        )


def leave_no_thread_waiting() -> None:
    """A call that outlasts the drain stands marked in the closed store; its thread would hold the process for 30 s."""
    if any(thread is not main_thread() for thread in enumerate_threads()):
        logging.shutdown()
        sys.stdout.flush()
        os._exit(0)


def _patience(wait: str) -> float:
    """Seconds."""
    try:
        return parse_duration(wait).total_seconds()
    except ValueError as fault:
        raise click.BadParameter(str(fault), param_hint="--wait-for-store") from None


def _opened(config: Config, until: float) -> Bridge:
    """After a power cut the database comes up last; before it is there nobody is answered, so everybody comes again.
    Raises what `open_bridge` does: `Unavailable` once it is later than `until`, by the monotonic clock."""
    while True:
        try:
            return open_bridge(config)
        except Unavailable as fault:
            left = until - time.monotonic()
            if config.database or left <= 0:
                raise
            _log.warning("store.awaited", reason=str(fault), seconds_left=round(left))
            time.sleep(min(PAUSE, left))
        except OSError as fault:
            where = f"{config.server.host}:{config.server.port}"
            raise taken(f"server: {where}", fault) from fault


def _say_hello(bridge: Bridge, config: Config) -> None:
    _log.info("serving", url=bridge.url, version=__version__, store=bridge.parts.store.name)
    of_the_file = wal_reset_warning(NAME.removeprefix("SQLite ")) if config.database else None
    for warning in (*config.warnings, of_the_file):
        if warning:
            _log.warning("notice", what=warning)
