"""Every door of `/openapi.json` is asked what its schema allows and what it forbids; each answer is held against it.

Rule: no 500, no status, header or body that the document does not name, no door without the scope that it names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from shutil import rmtree
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi import checks

from bridge.web.bearer import SCOPES as MAY
from bridge.web.table import BY_NAME
from tests.machines.orders.machine import silent
from tests.machines.schema.broken import SWITCHES, switched
from tests.machines.schema.world import GENUINE, TOKENS, open_world
from tests.machines.tally import Budget, Tally

PROMISES = ("the document",)
NIGHTLY = 20_000  # requests
SABOTAGES = {name: (switch.__doc__ or "").strip() for name, switch in SWITCHES.items()}
MOST_BROKEN = 20
AT_ONCE = 25  # requests to one door, so allowed and forbidden, in one turn
TURNS = 4  # on one store
UNCOUNTED = ("healthz", "docs", "openapi")  # nothing can be said to them: once each is enough
CHECKS = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
    checks.positive_data_acceptance,
]
# What a schema cannot say is answered 422; what it forbids is 400 or 422, never taken.
CONFIG = SchemathesisConfig.from_dict(
    {
        "checks": {
            "positive_data_acceptance": {"expected-statuses": ["2xx", "401", "403", "404", "409", "422", "429", "503"]}
        }
    }
)
WHO = ("", "read", "operate", "operate", "admin", "admin", "admin", "admin")  # the scope of a request's token
QUICK: dict[str, Any] = {
    "database": None,
    "deadline": None,
    "phases": [Phase.generate],
    "suppress_health_check": list(HealthCheck),
}


def run(folder: Path, budget: Budget, sabotage: str = "") -> Tally:
    """At least one turn of few requests, however slow the machine is. A sabotage is noticed once it broke something."""
    tally, enough = Tally(), 1 if sabotage else MOST_BROKEN
    with silent(), switched(sabotage):
        for life in count():
            if tally.cases and not (budget.left(tally.cases) and len(tally.broken) < enough):
                return tally
            _life(folder / str(life), life, Play(budget, tally, enough))
    return tally


def _life(folder: Path, life: int, play: Play) -> None:
    """So many turns on the store of another bad day."""
    folder.mkdir()
    with open_world(folder, play.budget.seed * 1_000 + life) as world:
        schema = schemathesis.openapi.from_wsgi("/openapi.json", world, config=CONFIG)
        on = replace(play, schema=schema, ids=world.ids, faults=world.faults)
        doors = sum(1 for _ in schema.get_all_operations())
        examples = max(1, min(AT_ONCE, play.budget.cases // (2 * doors)))
        for turn in range(TURNS):
            on.turn(life * TURNS + turn, examples)
    rmtree(folder)


@dataclass(slots=True)
class Play:
    """What is counted, and of one store its document and what may be named in it."""

    budget: Budget
    tally: Tally
    enough: int  # breaks after which it ends
    schema: Any = None
    ids: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)  # behind an answer of 500

    def turn(self, number: int, examples: int) -> None:
        """Each door is asked so often what it allows, and so often what it forbids."""
        for operation in (one.ok() for one in self.schema.get_all_operations()):
            for mode in (GenerationMode.POSITIVE, *([GenerationMode.NEGATIVE] if _forbids(operation) else [])):
                if self.goes_on():
                    self._ask(operation, mode, self.budget.seed * 1_000 + number, examples)

    def goes_on(self) -> bool:
        return self.budget.left(self.tally.cases) and len(self.tally.broken) < self.enough

    def _ask(self, operation: Any, mode: GenerationMode, number: int, examples: int) -> None:
        few = 1 if operation.definition.raw["operationId"] in UNCOUNTED else examples

        @seed(number)
        @settings(max_examples=few, **QUICK)
        @given(operation.as_strategy(generation_mode=mode), st.sampled_from(WHO), st.integers(0, 999))
        def one(case: Case, scope: str, where: int) -> None:
            if self.goes_on():
                self.tally.broken += self._answered(case, scope, where)

        one()

    def _answered(self, case: Case, scope: str, where: int) -> Iterator[str]:
        """What was wrong about the answer."""
        self._placed(case, scope, where)
        response = case.call()
        self.tally.cases += 1
        self.tally.counts[f"{response.status_code // 100}xx"] += 1
        wrong = [*self._scope(case, scope, response.status_code), *_breaches(case, response)]
        why = "".join(f" ({fault[-600:]})" for fault in self.faults)
        self.faults.clear()
        yield from (f"{one}{why} | {case.as_curl_command()[:600]} | --seed {self.budget.seed}" for one in wrong)

    def _placed(self, case: Case, scope: str, where: int) -> None:
        """Most paths name something that is there; webhooks are mostly genuine."""
        if "id" in (case.path_parameters or {}) and where % 10 < 7:
            known = self.ids.get(case.operation.definition.raw["tags"][0]) or ("none",)
            case.path_parameters["id"] = known[where % len(known)]
        case.headers = {**(case.headers or {}), **({"Authorization": f"Bearer {TOKENS[scope]}"} if scope else {})}
        if where % 10 < 7:
            case.headers[GENUINE] = "1"

    def _scope(self, case: Case, scope: str, status: int) -> list[str]:
        door = BY_NAME[case.operation.definition.raw["operationId"]]
        allowed = not door.scope or "" in door.by or (scope and MAY.index(scope) >= MAY.index(door.scope))
        return [] if allowed or status in (401, 403, 429) else [f"{door.name} was answered {status} to {scope!r}"]


def _forbids(operation: Any) -> bool:
    """Whether its schema forbids anything."""
    told = operation.definition.raw
    bodies = told.get("requestBody", {}).get("content", {}).values()
    loose = {"#/components/schemas/Foreign"}
    asked = [one["schema"] for one in (*told.get("parameters", ()), *bodies) if one.get("in") != "path"]
    return any(one != {"type": "string"} and one.get("$ref") not in loose for one in asked)


def _breaches(case: Case, response: Any) -> list[str]:
    if response.status_code >= 500 and response.status_code != 503:
        return [f"answered {response.status_code}"]
    try:
        case.validate_response(response, checks=CHECKS)
    except FailureGroup as group:
        return [_sentence(one) for one in group.exceptions]
    return []


def _sentence(fault: BaseException) -> str:
    said = f"{fault.title}: {fault.message}" if isinstance(fault, Failure) else repr(fault)
    return " ".join(said.split())[:500]
