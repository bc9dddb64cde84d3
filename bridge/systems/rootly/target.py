"""Rootly as a target (`systems.contract.Target`): what we ask it to do, and what its answers mean."""

from __future__ import annotations

from bridge.model import Ref
from bridge.systems.rootly import calls, lists, outcomes, words

NAME = words.NAME
KEEPS_MARKS = True  # alerts that share a deduplication_key are one alert, while it lives

request = calls.request
look_up = calls.look_up
reread = calls.reread
probe = calls.probe
milder = calls.milder

outcome = outcomes.outcome
found = outcomes.found
seen = outcomes.seen

picked = lists.picked
listings = lists.listings
read_page = lists.read_page
directories = lists.directories
read_directory = lists.read_directory


def addressable(_ref: Ref, /) -> bool:
    """Rootly knows its objects by one id everywhere."""
    return True
