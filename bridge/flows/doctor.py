"""`bridge doctor`: everything that can be told before the bridge starts, or beside it while it runs.

Nothing is changed, here or there; the questions to the two systems are reads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from bridge.app import wall_clock
from bridge.config import Config, load_config
from bridge.errors import ConfigError
from bridge.flows import doctor_here as here
from bridge.flows import doctor_there as there
from bridge.flows.checks import Area, Check, fail, ok, warn


def examine(
    path: Path, env: Mapping[str, str], online: bool = False, clock: Callable[[], datetime] = wall_clock
) -> tuple[Check, ...]:
    """With a configuration that cannot be used there is nothing else to look at."""
    try:
        config = load_config(path, env)
    except ConfigError as fault:
        return tuple(fail("configuration", sentence, f"correct it in {path}", Area.CONFIG) for sentence in fault.faults)
    found = (ok("configuration", f"{path} can be used"), *_cautions(config), *here.examine(config, path))
    return (*found, *there.examine(config, env, clock)) if online else found


def _cautions(config: Config) -> tuple[Check, ...]:
    return tuple(warn("configuration", caution, "change it, or know about it") for caution in config.warnings)
