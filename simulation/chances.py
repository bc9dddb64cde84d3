"""What a seed draws: which faults there are and how often. Each kind is absent in about half of the seeds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from random import Random
from types import MappingProxyType


@dataclass(slots=True)
class Rates:
    """Chances from 0 to 1 each time the thing could happen."""

    loss: float = 0.0  # of a webhook
    duplicate: float = 0.0
    delay: float = 0.0  # of a webhook, by seconds to days
    refused: float = 0.0  # a call finds nobody
    timeout_before: float = 0.0  # no answer, no effect
    timeout_after: float = 0.0  # no answer, and the effect
    late: float = 0.0  # no answer, and the effect some time later
    busy: float = 0.0  # 429 with Retry-After
    broken: float = 0.0  # 5xx without effect
    broken_after: float = 0.0  # 5xx with the effect
    garbage: float = 0.0  # 200, the effect, and a body that nobody can read
    crash_commit: float = 0.0  # just before or after a COMMIT
    crash_call: float = 0.0  # while a call is on its way
    overlap: float = 0.0  # other hands work while a call is on its way
    cut_list: float = 0.0  # a later page of a list fails

    def calm(self) -> None:
        """The faults stop."""
        for rate in fields(self):
            setattr(self, rate.name, 0.0)


@dataclass(frozen=True, slots=True)
class Weather:
    """What a seed has more of than it would draw, so that what is rare can be seen often."""

    rates: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))  # in the place of those drawn
    favoured: tuple[str, ...] = ()  # deeds that are `OFTENER` times as likely
    operators: float = 0.15  # share of what is done that is done at the bridge's own doors
    spells: float = 0.5  # chance of each kind of spell
    deeds: int = 14  # at most
    longest: float = 3600.0  # seconds that the faults last at most
    ahead: float = 0.0  # seconds that the bridge's clock is ahead at first

    def often(self, deeds: Iterable[str]) -> tuple[str, ...]:
        """To choose from."""
        names = tuple(deeds)
        return names + tuple(name for name in names if name in self.favoured) * (OFTENER - 1)


ORDINARY = Weather()
OFTENER = 10

MOST = {
    "loss": 0.6,
    "duplicate": 0.5,
    "delay": 0.5,
    "crash_commit": 0.02,
    "crash_call": 0.15,
    "overlap": 0.4,
    "cut_list": 0.5,
    "late": 0.3,
    "timeout_after": 0.3,
}


def drawn(chance: Random, weather: Weather = ORDINARY) -> Rates:
    """The weather changes no draw, so the rest of the seed stays as it is."""
    return Rates(**{f.name: _rate(chance, MOST.get(f.name, 0.15)) for f in fields(Rates)} | dict(weather.rates))


def _rate(chance: Random, most: float) -> float:
    there, rate = chance.random() < 0.5, chance.random() * most
    return rate if there else 0.0


def long_tailed(chance: Random, shortest: float, longest: float) -> float:
    """Seconds, each order of magnitude equally likely."""
    return float(shortest * (longest / shortest) ** chance.random())
