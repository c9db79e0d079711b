"""Proving the files that back postings: each is there still, and is the one whose hash the posting tells.

Called when the postings themselves were found to be as the journal tells.
"""

from hashlib import sha256

from sqlalchemy import Connection, LargeBinary, cast, func, select

from monitor.proof.broken import Broken
from monitor.storage import tables
from rules.sentences import sentence


def prove_files(connection: Connection) -> None:
    """Raise `Broken` at the first that is gone or another; one of them at a time is in memory."""
    posting, file = tables.posting, tables.evidence
    number = func.min(posting.c.id).label("number")
    backed = select(number, posting.c.evidence).where(posting.c.evidence.is_not(None))
    for row in connection.execute(backed.group_by(posting.c.evidence).order_by(number)).all():
        # in its place SQLite lets anything stand
        content = connection.scalar(
            select(cast(file.c.content, LargeBinary)).where(file.c.sha256 == row.evidence)
        )
        posted = sentence("posting {posting}", posting=f"p{row.number}")
        if content is None:
            raise Broken(sentence("{what}: the file that backs it is gone", what=posted))
        if sha256(content).hexdigest() != row.evidence:
            raise Broken(
                sentence("{what}: the file that backs it is not the one that was recorded", what=posted)
            )
