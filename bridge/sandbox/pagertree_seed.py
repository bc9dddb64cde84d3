"""The account every simulated PagerTree starts with: four users, three teams, two routers, two integrations.

Its ids are the same in every run, so that configurations and demonstrations can name them.
"""

from bridge.sandbox.pagertree_objects import Object
from bridge.sandbox.pagertree_types import NAMES
from bridge.sandbox.pagertree_world import World, seed_id, seed_prefix

PEOPLE = (("Ada Novak", "ada@example.com"), ("Ben Okafor", "ben@example.com"), ("Cleo Marin", "cleo@example.com"))
SERVICE = ("Rootly Bridge", "bridge@example.com")
TEAMS = {"Payments": (0, 1), "Platform": (1, 2), "On-call": (0, 1, 2)}

TYPE_NUMBERS = (40, 41, *range(500, 600))

QUIET_RULES = """
- match: {alert.title: heartbeat}
  actions: [{type: ignore}]
"""


def seeded_world() -> World:
    world = World()
    people = [_account_user(world, 10 + number, *person) for number, person in enumerate((*PEOPLE, SERVICE))]
    world.service = people[-1]
    for number, (name, members) in enumerate(TEAMS.items()):
        _team(world, 20 + number, name, [people[member] for member in members])
    oncall = seed_prefix("tem", "on-call")
    _router(world, 30, "Default", "", oncall)
    _router(world, 31, "Quiet", QUIET_RULES, oncall)
    _integrations(world)
    return world


def _account_user(world: World, number: int, name: str, email: str) -> str:
    user = world.made("usr", seed_id(100 + number), seed_prefix("usr", f"u-{name}"))
    user |= {"name": name, "time_zone": "Etc/UTC", "phones": []}
    user["emails"] = [{"id": seed_id(200 + number), "email": email, "primary": True}]
    world.users.add(user)
    shown = {key: user[key] for key in ("id", "prefix_id", "name", "time_zone", "emails", "phones")}
    member = world.made("usr", seed_id(number), seed_prefix("usr", name))
    roles = {"admin": True, "billing": False, "broadcaster": False, "communicator": False}
    world.account_users.add(member | {"roles": roles, "notification_rule_id": None, "user": shown})
    return seed_id(number)


def _team(world: World, number: int, name: str, members: list[str]) -> None:
    policy = world.made("stk", seed_id(300 + number), seed_prefix("stk", name))
    world.escalation_policies.add(policy | {"name": f"{name} escalation", "repeat": 1, "layers": 2})
    team = world.made("tem", seed_id(number), seed_prefix("tem", name))
    team |= {"name": name, "escalation_policy_id": policy["id"], "schedule_id": seed_id(400 + number), "notes": ""}
    team |= {"member_account_user_ids": members, "admin_account_user_ids": members[:1]}
    team |= {"drop_notifications": "team_all", "handoff_notifications": "none"}
    team |= {"drop_notification_account_user_ids": [], "handoff_notification_account_user_ids": [], "attachments": []}
    world.teams.add(team)
    world.oncall[team["id"]] = members[:1]


def _router(world: World, number: int, name: str, rules: str, team: str) -> None:
    found = world.teams.get(team)
    router = world.made("rtr", seed_id(number), seed_prefix("rtr", name))
    router |= {"name": name, "enabled": True, "rules": rules}
    router |= {"default_receiver_account_user_id": None, "default_receiver_router_id": None}
    world.routers.add(router | {"default_receiver_team_id": found["id"] if found else None})


def _integrations(world: World) -> None:
    kinds = [_integration_type(world, number, name) for number, name in zip(TYPE_NUMBERS, NAMES, strict=False)]
    webhook = _integration(world, 50, "Monitoring", kinds[0])
    webhook |= {"team_ids": [seed_id(22)], "options": {"token": "", "capture_additional_data": False}}
    _integration(world, 51, "Bridge", kinds[1])


def _integration_type(world: World, number: int, name: str) -> Object:
    kind = world.made("itp", seed_id(number), seed_prefix("itp", name))
    return world.integration_types.add(kind | {"name": name})


def _integration(world: World, number: int, name: str, kind: Object) -> Object:
    found = world.made("int", seed_id(number), seed_prefix("int", name))
    found |= {"name": name, "enabled": True, "urgency": "medium", "options": {}}
    found |= {"integration_type": {"id": kind["id"], "name": kind["name"]}}
    return world.integrations.add(found | {"account_user_ids": [], "router_ids": [], "team_ids": []})
