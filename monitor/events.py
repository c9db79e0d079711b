"""The names under which the application logs; fixed, so that a log can be searched by them.

`notifications.events` has those of the post. docs/operating.md says of each what to do.
"""

from typing import Final

DAEMON_STARTED: Final = "daemon.started"
"""It works by itself from now on: the first cycle is done, or held."""
DAEMON_STOPPED: Final = "daemon.stopped"
"""What was in hand is finished."""
CLOCK_JUMPED: Final = "clock.jumped"
"""Wall clock and monotonic clock have parted by so many seconds."""
CYCLE_DONE: Final = "cycle.done"
"""One pass is over: how much was opened, changed and queued, and how long it took."""
CYCLE_REFUSED: Final = "cycle.refused"
"""No cycle may run: sending is held, the register is, or another daemon works by another configuration."""
CYCLE_ALLOWED: Final = "cycle.allowed"
"""Cycles run again."""
CYCLE_FAILED: Final = "cycle.failed"
"""A cycle was ended by an error of our own; it is tried again."""
CYCLE_RECOVERED: Final = "cycle.recovered"
"""Cycles end well again."""
DATABASE_DOWN: Final = "database.down"
"""The database cannot be used: locked, full, away."""
DATABASE_UP: Final = "database.up"
"""It can be used again, by everything that could not."""
DELIVERING_FAILED: Final = "delivering.failed"
"""A delivery pass was ended by an error of our own; it is tried again."""
DELIVERING_RECOVERED: Final = "delivering.recovered"
"""Delivery passes end well again."""
CONFIGURATION_TAKEN: Final = "configuration.taken"
"""Changed files are in force."""
CONFIGURATION_REFUSED: Final = "configuration.refused"
"""Changed files have faults; those before stay in force."""
CONFIGURATION_SOUND: Final = "configuration.sound"
"""The files have no faults any more."""
CONFIGURATION_WAITS: Final = "configuration.waits"
"""These settings have changed, and are taken in when the daemon is started anew."""
BACKUP_MADE: Final = "backup.made"
"""The day has its backup."""
BACKUP_FAILED: Final = "backup.failed"
"""The day's backup could not be made; it is tried again after an hour."""
BACKUP_RECOVERED: Final = "backup.recovered"
"""Backups can be made again."""
HEARTBEAT_FAILED: Final = "heartbeat.failed"
"""The watcher outside could not be told that a cycle was done; it is tried again."""
HEARTBEAT_ANSWERED: Final = "heartbeat.answered"
"""The watcher outside answers again."""
PAGE_LISTENING: Final = "page.listening"
"""The place on which somebody else listened is free, and the page is there."""
PAGE_BUSY: Final = "page.busy"
"""Pages cannot be shown, or programs answered, for want of the database."""
PAGE_SERVED: Final = "page.served"
"""They can again."""
PAGE_FAILED: Final = "page.failed"
"""A page could not be shown, by an error of our own."""
INTERFACE_FAILED: Final = "interface.failed"
"""A program was not answered, by an error of our own."""
SIGN_IN_ASKED: Final = "sign_in.asked"
"""Somebody asked for a link to sign in; `refused` where too many were asked for."""
SIGN_IN_USED: Final = "sign_in.used"
"""Somebody used such a link; `refused` where it did not stand."""
LIBRARY_SAID: Final = "library.said"
"""A warning of a library that the program uses; `said` has its words."""

ENDS: Final = {
    CYCLE_REFUSED: CYCLE_ALLOWED,
    CYCLE_FAILED: CYCLE_RECOVERED,
    DATABASE_DOWN: DATABASE_UP,
    DELIVERING_FAILED: DELIVERING_RECOVERED,
    CONFIGURATION_REFUSED: CONFIGURATION_SOUND,
    BACKUP_FAILED: BACKUP_RECOVERED,
    HEARTBEAT_FAILED: HEARTBEAT_ANSWERED,
    PAGE_BUSY: PAGE_SERVED,
}
"""What begins and lasts is told once when it begins, and under this name when it ends."""
