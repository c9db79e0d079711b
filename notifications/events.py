"""The names under which the post is logged; fixed, so that a log can be searched by them."""

from typing import Final

MAIL_DOWN: Final = "mail.down"
"""Nobody can be reached; said once, when it begins."""
MAIL_UP: Final = "mail.up"
"""Somebody was reached again; said once, with the time since when nobody was."""
MAIL_SENT: Final = "mail.sent"
"""One delivery was taken; said of one that was deferred, and for debugging of all, with the recipient's address."""
MAIL_DEFERRED: Final = "mail.deferred"
"""One recipient was refused for now, or no answer came; said once, and it is tried again."""
MAIL_FAILED: Final = "mail.failed"
"""One delivery is given up."""
MAIL_POISONED: Final = "mail.poisoned"
"""One message could not even be handed over, by an error of our own; it is set aside as failed."""
