"""Some of the faults of an API at some of the places that call one, and proof that the machine would notice."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.model import NoAnswer, Request, Response
from simulation.virtual import replaced
from tests.machines.api_faults import machine as api_faults
from tests.machines.api_faults.sabotage import SABOTAGED
from tests.machines.api_faults.scene import open_stand
from tests.machines.api_faults.wire import fault
from tests.machines.faulting.kinds import KINDS
from tests.machines.faulting.tls import ADDRESSES_IN_ORDER
from tests.machines.tally import Budget

SECONDS, MOST = 8.0, 14  # a faster machine plays no others than a slower one
WORST = (  # each was taken for something else once
    ("pagertree create", "reset after"),
    ("pagertree resolve", "HTML and no effect"),
    ("rootly resolve", "204 and no effect"),
    ("rootly entry", "says our key"),
)


def test_a_fault_is_what_it_was_and_both_sides_agree_afterwards(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tally = api_faults.run(tmp_path, Budget(SECONDS, MOST))
    with capsys.disabled():
        print(f" [api_faults: {tally.line}]", end="")
    assert tally.broken == []
    assert tally.cases


def test_what_went_wrong_once_does_not_again(tmp_path: Path) -> None:
    with open_stand(tmp_path) as stand:
        cases = [api_faults.play_case(stand, fault(*where)) for where in WORST]
    assert [case.broken for case in cases] == [""] * len(WORST)
    assert all(case.classes for case in cases)


@pytest.mark.parametrize(
    ("switch", "site", "kind"),
    [
        ("unknown_taken_for_done", "pagertree create", "reset before"),
        ("unknown_taken_for_no_effect", "pagertree create", "reset after"),
        ("redirects_followed", "rootly create", "307 to its own host"),
        ("retry_400_for_ever", "pagertree create", "status 400"),
    ],
)
def test_a_bridge_that_takes_answers_for_what_they_are_not_is_noticed(
    tmp_path: Path, switch: str, site: str, kind: str
) -> None:
    with open_stand(tmp_path) as stand, replaced(SABOTAGED[switch]()):
        assert api_faults.play_case(stand, fault(site, kind)).broken


def test_there_are_sixty_kinds_of_faults_and_each_has_a_name_of_its_own() -> None:
    assert len({kind.name for kind in KINDS}) == len(KINDS) >= 60


def test_the_addresses_that_nobody_vouches_for_stand_beside_one_that_is_in_order(tmp_path: Path) -> None:
    """Or every kind of TLS fault might fail for the same reason."""
    with open_stand(tmp_path) as stand:
        found = {
            name: stand.transport.send(Request("GET", f"{url}/beat/1")) for name, url in stand.addresses.urls.items()
        }
    good = {name for name, answer in found.items() if isinstance(answer, Response)}
    assert good == set(ADDRESSES_IN_ORDER)
    assert not any(answer.sent for answer in found.values() if isinstance(answer, NoAnswer))
