"""Starts several `bridge serve` on one store, and ends them."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bridge.sandbox.stage import Stage
from tests.e2e.harness import fast_stage, write_configuration
from tests.machines.replicas.judge import Judge
from tests.machines.replicas.looks import Looks
from tests.machines.replicas.post import Balancer
from tests.machines.replicas.rig import Rig
from tests.machines.serving import Forked, lone_port

REPLICAS = 3
LONG = 60.0  # seconds until both sides must agree
SHORT = 30.0  # under sabotage

Sections = Mapping[str, Mapping[str, str]]


@contextmanager
def open_rig(folder: Path, store: str, seed: int, sections: Sections, lost: float, sabotage: str = "") -> Iterator[Rig]:
    """`sections` of their configuration; `lost`: seconds of silence after which a replica is given up."""
    with ExitStack() as after:
        stage = fast_stage()
        after.callback(stage.close)
        for system in (stage.pagertree.system, stage.rootly.system):
            system.sender.change(retries=14, base_seconds=0.1)
        places = [_configured(folder / str(i), stage, store, sections) for i in range(REPLICAS)]
        replicas = [_replica(*place, lost, sabotage) for place in places]
        after.callback(_end, replicas)
        post = Balancer([replica.url for replica in replicas], random.Random(seed)).open()
        after.callback(post.close)
        stage.send_webhooks_to(post.url)
        looks = Looks(store)
        after.callback(looks.close)
        patience = SHORT if sabotage else LONG
        rig = Rig(stage, replicas, post, Judge(stage), store, looks, random.Random(seed), patience)
        rig.all_up(replicas)
        yield rig


def _configured(folder: Path, stage: Stage, store: str, sections: Sections) -> tuple[Path, int]:
    folder.mkdir(parents=True)
    port = lone_port()
    path = write_configuration(stage, folder, port=port, **sections)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"store": store}))
    return folder, port


def _replica(folder: Path, port: int, lost: float, sabotage: str) -> Forked:
    return Forked(folder, port, sabotage, "tests.machines.replicas.served", {"lost": lost})


def _end(replicas: list[Forked]) -> None:
    for replica in replicas:
        if replica.alive():
            replica.kill()
