"""PagerTree as a target (`systems.contract.Target`): what we ask it to do, and what its answers mean."""

from __future__ import annotations

from bridge.systems.pagertree import answers, calls, lists, outcomes, words

NAME = words.NAME
KEEPS_MARKS = False  # nothing says that a create is known by its thirdparty_id: an unknown one is looked up first

request = calls.request
look_up = calls.look_up
look_up_by_tag = calls.look_up_by_tag
addressable = calls.addressable
reread = calls.reread
probe = calls.probe

outcome = outcomes.outcome
milder = outcomes.milder
found = outcomes.found

seen = answers.seen
picked = answers.picked

listings = lists.listings
read_page = lists.read_page
directories = lists.directories
read_directory = lists.read_directory
