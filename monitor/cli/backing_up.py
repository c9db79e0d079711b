"""`iltod backup`: a verified copy of the database."""

from argparse import Namespace

from monitor.backups import back_up_to
from monitor.cli.session import begin
from rules.sentences import sentence


def backup(args: Namespace) -> int:
    """Copy the database while it is in use; whole and looked through, or not at all."""
    session = begin(args)
    schema = back_up_to(session.assembly.settings, args.path)
    session.tell(
        sentence("backed up to {file} and verified (schema {schema})", file=args.path, schema=schema)
    )
    return 0
