"""`bridge serve`: the whole bridge in one process, until SIGTERM."""

from __future__ import annotations

import signal
from pathlib import Path
from types import FrameType

import click

from bridge import __version__, log
from bridge.cli.ending import FAILED, Ending
from bridge.cli.options import config_option, read_config
from bridge.config import Config
from bridge.redact import Redactor
from bridge.store.sqlite import wal_reset_warning
from bridge.whole import Bridge, open_bridge

LEVELS = click.Choice(["debug", "info", "warning", "error"])
_log = log.get_log(__name__)


@click.command()
@config_option
@click.option("--log-level", type=LEVELS, default="info", show_default=True, help="How much is logged.")
def serve(config_file: Path, log_level: str) -> None:
    """Run the bridge: webhooks, workers, schedule, API. Ends cleanly on SIGTERM."""
    config = read_config(config_file)
    log.set_up(Redactor(config.secrets()), log_level)
    try:
        bridge = open_bridge(config)
    except OSError as fault:
        click.echo(f"server: {config.server.host}:{config.server.port} cannot be opened: {fault.strerror}", err=True)
        raise Ending(FAILED) from fault
    _stop_on_signal(bridge)
    _say_hello(bridge, config)
    bridge.run()


def _stop_on_signal(bridge: Bridge) -> None:
    def stop(_number: int, _frame: FrameType | None) -> None:
        bridge.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


def _say_hello(bridge: Bridge, config: Config) -> None:
    _log.info("serving", url=bridge.url, version=__version__, store=bridge.parts.store.name)
    for warning in (*config.warnings, wal_reset_warning(bridge.parts.store.name)):
        if warning:
            _log.warning("notice", what=warning)
