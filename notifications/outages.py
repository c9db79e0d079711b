"""Times in which the transport refused everybody: remembered, so that `status` can say since when mail is
down.
"""

from datetime import datetime

from sqlalchemy import Connection, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from notifications.headers import one_line
from notifications.tables import delivery, outage

_OPEN = text("delivery.state IN ('queued', 'sending')")


def note_outage(connection: Connection, transport: str, answer: str, now: datetime) -> bool:
    """Remembers that nobody could be reached; True where this is news."""
    answer = one_line(answer, 500)
    known = update(outage).where(outage.c.transport == transport, outage.c.ended_at.is_(None))
    if connection.execute(known.values(last_tried_at=now, answer=answer)).rowcount:
        return False
    begun = {"transport": transport, "began_at": now, "last_tried_at": now, "answer": answer}
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    news = dialect.insert(outage).values(begun).on_conflict_do_nothing().returning(outage.c.id)
    return connection.scalar(news) is not None  # another daemon may have said it in this moment


def end_outage(connection: Connection, now: datetime) -> datetime | None:
    """Ends whatever outage there is, since somebody was reached; gives when it began, None where there was
    none.

    Its time does not count against anybody: who was refused before it is tried for so much longer.
    """
    began_at: datetime | None = connection.execute(
        select(outage.c.began_at).where(outage.c.ended_at.is_(None)).order_by(outage.c.began_at).limit(1)
    ).scalar_one_or_none()
    if began_at is None:
        return None
    connection.execute(update(outage).where(outage.c.ended_at.is_(None)).values(ended_at=now))
    waiting = select(delivery.c.id, delivery.c.give_up_at).where(_OPEN, delivery.c.give_up_at.is_not(None))
    for row in connection.execute(waiting).all():
        later = row.give_up_at + (now - began_at)
        connection.execute(update(delivery).where(delivery.c.id == row.id).values(give_up_at=later))
    return began_at
