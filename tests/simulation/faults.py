"""What befalls a process of the simulated world: after so many steps it is killed, or something else strikes it."""

import random
from collections.abc import Callable
from typing import Any

KILLED_WITHIN = (8, 40, 160)
"""Steps: about as many as a delivery, a quiet cycle and a busy one make."""


class Killed(BaseException):
    """As by kill -9: no `except Exception` sees it, and whatever is tried afterwards raises it again."""


class Faults:
    """The switches of one process; every statement, commit and word to the mail server passes by here."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Nothing is wrong."""
        self.dead = False
        self.disarm()

    def arm(self, chance: random.Random, strike: Callable[[Any], None] | None = None) -> None:
        """After some steps it is killed, or struck so; `strike` is given the line to the database that is spoken on."""
        self._steps_left = chance.randrange(chance.choice(KILLED_WITHIN))
        self._strike = strike or self._kill

    def disarm(self) -> None:
        """What has not struck strikes no more."""
        self._steps_left: int | None = None
        self._strike = self._kill

    def step(self, line: Any = None) -> None:
        """Something is about to be done; a dead process does nothing."""
        if self.dead:
            raise Killed
        if self._steps_left is not None:
            self._steps_left -= 1
            if self._steps_left < 0:
                self._steps_left = None
                self._strike(line)

    def strike_next(self) -> None:
        """The next step is struck in the place of this one."""
        self._steps_left = 0

    def revive(self) -> None:
        """Another process; what was to befall it while it starts does."""
        self.dead = False

    def _kill(self, _: Any) -> None:
        self.dead = True
        raise Killed


def chance_of(chance: random.Random, percent: float) -> bool:
    return chance.random() * 100 < percent
