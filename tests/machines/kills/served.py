"""A bridge of the crash machines: broken on purpose, watched at its points, or dying at one of them."""

from pathlib import Path

from tests.machines import serving
from tests.machines.kills import points, sabotage


def prepare(order: serving.Order) -> None:
    sabotage.break_on_purpose(order["sabotage"])
    points.watch(Path(), order["point"], order["visit"])


if __name__ == "__main__":
    serving.main(prepare)
