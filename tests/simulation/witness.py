"""Looks at the program's database and at the server, and says where they are not as they must be."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from unittest.mock import patch
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from monitor import present
from monitor.assembly import Assembly
from monitor.formats import report_as_json
from monitor.proof import Broken as JournalBroken
from monitor.proof import prove
from monitor.reporting import report
from monitor.storage.standing import Asked
from monitor.wording import speech
from monitor.written import written_monitor
from tests.monitor.reference import Item, Told
from tests.simulation.books import Books
from tests.simulation.mail_server import MailServer, Taken
from tests.simulation.virtual_time import SimulatedClock
from tests.simulation.workshop import Database
from tests.simulation.world import OPERATOR, World

SEND_AT = "09:00"

Once = tuple[str, str, str, str]
"""What is told once: recipient, key, what it is about, stage."""


class Broken(AssertionError):  # noqa: N818 -- what it is
    """An invariant does not hold."""


@dataclass(frozen=True)
class Seen:
    """A reminder that a message tells."""

    id: int
    message: int
    item: Item
    about: str

    @property
    def once(self) -> Once:
        return self.item.address, self.item.key, self.about, self.item.stage


class Witness:
    """What was seen so far, and what must hold."""

    def __init__(
        self, world: World, books: Books, clock: SimulatedClock, server: MailServer, database: Database
    ) -> None:
        self.world, self.books, self.clock, self.server = world, books, clock, server
        self._opened, self._database = database, database.look()
        self._known_zones = set(books.zones.values())
        self.served: set[tuple[str, date]] = set()
        self.items = 0
        self._said: dict[str, set[Once]] = {}
        """By Message-ID."""
        self._stage_on: dict[Once, date] = {}
        self._links: dict[int, Seen] = {}
        self._last_message = 0
        self._messaged: set[tuple[str, date, str]] = set()
        self._reached: dict[Once, str] = {}
        self._arrived: set[str] = set()
        self._sent: set[str] = set()
        self._superseded: set[int] = set()
        """Messages; and of them what need not be told any more when they were."""
        self._dropped: set[int] = set()
        self._looked_at = 0

    # --- after the daemon had its turn

    def after_cycle(self, *, must_complete: bool, has_begun: bool) -> bool:
        """Whether a cycle was completed at this moment; what it told is what was due to be told, and all of it.

        One that has begun with the files as they are now may have worked out some, and been killed.
        """
        now = self.clock.now()
        last = self.last_cycle()
        completed = last == now
        if must_complete and not completed:
            raise Broken(f"a sending time has come and no cycle was made, the last one was {last}")
        attention = {
            row[0]: _moment(row[1])
            for row in self._database.execute(
                "SELECT id, attention_at FROM organisation WHERE retired_on IS NULL"
            )
        }
        worked = [
            each for each, at in attention.items() if at is not None and at > now and (completed or has_begun)
        ]
        self._work_out(worked, now)
        sending = self._sending(now)
        expected = {
            item: told
            for item, told in self._untold(worked, sending)
            if (item.address, item.day, item.kind) not in self._messaged
        }
        fresh = self._take_links(expected)
        missed = set(expected) - fresh
        if completed and missed:
            raise Broken(f"was due to be told and was not: {sorted(missed)[:3]} ({len(missed)})")
        if fresh - set(expected):
            raise Broken(f"was told though it was not due: {sorted(fresh - set(expected))[:3]}")
        owed = self._untold(worked, sending)
        self.books.owed |= {(item.address, item.key, item.stage) for item, _ in owed}
        if completed:
            self.books.begun = True
            self._known_zones = set(self.books.zones.values())
            self.served |= set(sending.items())
            served = {
                (zone, date.fromisoformat(day))
                for zone, day in self._database.execute("SELECT timezone, day FROM served")
            }
            if served != self.served:
                raise Broken(f"told on a day off, or not on a working day: {sorted(served ^ self.served)}")
            self._compare_obligations()
        self._see_what_is_superseded()
        self.items += len(fresh)
        return completed

    def _untold(self, offices: list[str], sending: dict[str, date]) -> list[tuple[Item, Told]]:
        """What people of those zones should be told of those offices, and are not."""
        return [
            (item, told)
            for day in sorted(set(sending.values()))
            for item, told in self.books.untold(day, {zone for zone in sending if sending[zone] == day})
            if item.key.partition("/")[0] in offices
        ]

    def _work_out(self, offices: list[str], now: datetime) -> None:
        for row in self._database.execute("SELECT id, first_cycle_on FROM organisation"):
            if row[1] is not None:
                self.books.first_cycles[row[0]] = date.fromisoformat(row[1])
        for office in offices:
            self.books.work_out(office, self.today(office, now))

    def today(self, office: str, now: datetime) -> date:
        return now.astimezone(ZoneInfo(self.world.zones[office])).date()

    def _sending(self, now: datetime) -> dict[str, date]:
        found = {}
        for zone in sorted(set(self.books.zones.values())):
            local = now.astimezone(ZoneInfo(zone))
            has_come = f"{local:%H:%M}" >= SEND_AT and self.books.works(local.date())
            if has_come and (zone, local.date()) not in self.served:
                found[zone] = local.date()
        return found

    def _take_links(self, expected: dict[Item, Told]) -> set[Item]:
        """What messages tell since this was last looked at; gives what was told for the first time."""
        fresh: set[Item] = set()
        rows = self._database.execute(
            "SELECT r.id, r.message_id, m.day, r.recipient, r.kind, r.key, r.stage, r.about, d.message_id_header"
            " FROM reminder r JOIN message m ON m.id = r.message_id"
            " JOIN delivery d ON d.message_id = m.id AND d.way = 'mail' WHERE r.message_id > ? ORDER BY r.id",
            [self._last_message],
        ).fetchall()
        for number, message, day, recipient, kind, key, stage, about, header in rows:
            seen = Seen(number, message, Item(date.fromisoformat(day), recipient, kind, key, stage), about)
            known = self._links.get(number)
            if known is None:
                if seen.item in fresh:
                    raise Broken(f"told twice on one morning: {seen.item}")
                fresh.add(seen.item)
                if seen.item in expected:
                    told = expected[seen.item]
                    if stage[0] in "-+" and about != str(told.due):
                        raise Broken(f"told of {about}, and the date is {told.due}: {seen.item}")
                    self._stage_on[seen.once] = told.stage_on
            self._links[number] = seen
            self._said.setdefault(header, set()).add(seen.once)
            self._tell(seen, known)
        for row in self._database.execute(
            "SELECT id, recipient, day, kind FROM message WHERE id > ?", [self._last_message]
        ):
            sent = (row[1], date.fromisoformat(row[2]), row[3])
            if sent in self._messaged and row[3] != "test":
                raise Broken(f"two messages of a kind on one day: {sent}")
            self._messaged.add(sent)
            self._last_message = max(self._last_message, row[0])
        return fresh

    def _see_what_is_superseded(self) -> None:
        """What was settled just then may be left out of the newer message, whatever becomes of it later."""
        rows = self._database.execute(
            "SELECT message_id FROM delivery WHERE way = 'mail' AND state = 'superseded'"
        )
        fresh = {message for (message,) in rows} - self._superseded
        self._superseded |= fresh
        self._dropped |= {
            seen.id
            for seen in self._links.values()
            if seen.message in fresh and self._is_settled(seen.item.key)
        }

    def _is_settled(self, key: str) -> bool:
        charge = self.books.charges[key]
        return charge.state(self._day(charge.office)) == "settled"

    def _tell(self, seen: Seen, known: Seen | None) -> None:
        item = seen.item
        due = seen.about.partition(" ")[0]
        told = Told(
            item.stage,
            date.fromisoformat(due) if due[:4].isdigit() and "W" not in due else None,
            self._stage_on.get(seen.once, item.day),
            item.day,
        )
        history = self.books.told.setdefault((item.address, item.key), [])
        if known is not None:
            history[:] = [each for each in history if not (each.stage == told.stage and each.due == told.due)]
        history.append(told)
        self.books.owed.discard((item.address, item.key, item.stage))

    def _compare_obligations(self) -> None:
        """The dates and what became of them, as the naive reckoning has them."""
        stored = {}
        for key, due, settled, outcome in self._database.execute(
            "SELECT key, due_on, settled, outcome FROM obligation"
        ):
            stored[key] = due
            charge = self.books.charges.get(key)
            if charge is None:
                raise Broken(f"nothing gives {key}")
            strict = str(charge.due) if charge.due else None
            if due != strict:
                word = "later than" if strict and (due or "9") > strict else "not"
                raise Broken(f"{key} is due {due}, {word} the strict reading, {strict}")
            if bool(settled) != (charge.state(self._day(charge.office)) == "settled"):
                raise Broken(f"{key} is {outcome}, and should be {charge.state(self._day(charge.office))}")
        if missing := set(self.books.charges) - set(stored):
            raise Broken(f"not opened: {sorted(missing)[:3]}")

    def _day(self, office: str) -> date:
        return self.today(office, self.clock.now())

    # --- after mails were sent

    def after_delivery(self, *, must_be_empty: bool, once: bool) -> None:
        """What has arrived is known, and no item in two messages; what is said to be sent was taken.

        A mail that counted as sent is not taken again; where nothing went wrong (`once`), none is taken twice.
        """
        fresh = self.server.taken[self._looked_at :]
        taken_now = [each.message_id for each in fresh]
        if self._sent.intersection(taken_now) or (once and len(set(taken_now)) < len(taken_now)):
            raise Broken(f"sent again, and nothing had gone wrong: {taken_now}")
        for taken in fresh:
            row = self._database.execute(
                "SELECT m.raw FROM delivery d JOIN message m ON m.id = d.message_id WHERE d.message_id_header = ?"
                " AND d.recipient = ?",
                [taken.message_id, taken.recipient],
            ).fetchone()
            if row is None or row[0].rstrip() != taken.raw.rstrip():
                raise Broken(f"the server took a mail that nobody wrote: {taken.message_id}")
            self._arrived.add(taken.message_id)
            for item in self._said.get(taken.message_id, ()):
                before = self._reached.setdefault(item, taken.message_id)
                if before != taken.message_id and not self._was_lied_about(before):
                    raise Broken(f"told twice, by {before} and {taken.message_id}: {item}")
        self._looked_at = len(self.server.taken)
        for header, state, due_at in self._database.execute(
            "SELECT message_id_header, state, CASE WHEN lease_until > due_at THEN lease_until ELSE due_at END"
            " FROM delivery WHERE state IN ('sent', 'queued', 'sending')"
        ):
            if state == "sent":
                self._sent.add(header)
            elif must_be_empty and _moment(due_at) <= self.clock.now():
                raise Broken(f"{header} was due at {due_at} and is {state} still")
        if lost := self._sent - self._arrived:
            raise Broken(f"{sorted(lost)} count as sent, and never arrived")

    def _was_lied_about(self, message_id: str) -> bool:
        return any(each.lied for each in self.server.taken if each.message_id == message_id)

    # --- at any time

    def status_is_the_cores(self, assembly: Assembly, reader: Engine) -> bool:
        """What `status` reads from the stored outcomes is what the core says; gives whether it answered."""
        voice, now = speech("en"), self.clock.now()
        path, content = str(self.world.config), self.world.config.read_bytes()
        asked = Asked(everything=True)
        with patch.object(present, "SystemClock", lambda: self.clock):
            answer = present.stored_answer(path, content, written_monitor(content), asked, voice)
        if answer is None:
            return False
        with reader.connect() as connection:
            judged = report(connection, assembly, asked, now, answer.last_cycle)
        said = report_as_json(judged, voice, assembly.settings.monitor.timezone)
        if said != answer.report:
            wrong = [
                (one, other)
                for one, other in zip(answer.report["obligations"], said["obligations"], strict=False)
                if one != other
            ]
            summaries = answer.report["summary"], said["summary"]
            raise Broken(f"status says what the core does not: {wrong[:1] or summaries}")
        return True

    def nothing_is_lost(self) -> None:
        """In the end: whatever was told has arrived, or is seen to have failed, or need not be told any more."""
        states = dict(self._database.execute("SELECT message_id, state FROM delivery WHERE way = 'mail'"))
        last = {}
        for seen in self._links.values():
            last[seen.item.address, seen.item.key] = max(
                seen.message, last.get((seen.item.address, seen.item.key), 0)
            )
        for seen in self._links.values():
            state = states[seen.message]
            if state in ("sent", "failed", "cancelled"):
                continue
            told_later = last[seen.item.address, seen.item.key] > seen.message
            if state != "superseded" or not (told_later or seen.id in self._dropped):
                raise Broken(f"{seen.item} was never delivered: its mail is {state}")

    def sending_now(self) -> dict[str, date]:
        """The zones whose sending time has come and is not over, as far as the daemon has read of them."""
        found = self._sending(self.clock.now())
        return {zone: day for zone, day in found.items() if zone in self._known_zones}

    def has_tables(self) -> bool:
        return self._opened.has_tables(self._database)

    def last_cycle(self) -> datetime | None:
        """When a cycle was last completed."""
        if not self.has_tables():
            return None
        row = self._database.execute("SELECT last_cycle_at FROM monitor").fetchone()
        return _moment(row[0]) if row else None

    def basis(self) -> str | None:
        """The files that the last cycle worked with, or one that was killed meanwhile."""
        if not self.has_tables():
            return None
        row = self._database.execute("SELECT basis FROM monitor").fetchone()
        return row[0] if row else None

    def count_messages(self) -> int:
        return int(
            self._database.execute("SELECT count(*) FROM message WHERE kind <> 'warning'").fetchone()[0]
        )

    def are_warnings(self, taken: Sequence[Taken]) -> bool:
        """Whether all that was taken was for who runs the monitor."""
        return all(each.recipient == OPERATOR for each in taken)

    def journal_is_whole(self, reader: Engine) -> None:
        """Each entry follows from the one before, and the obligations are as it tells."""
        with reader.connect() as connection:
            try:
                prove(connection, None)
            except JournalBroken as broken:
                raise Broken(broken.sentence.text) from broken

    def open_deliveries(self) -> list[datetime]:
        """When each delivery that waits is due."""
        rows = self._database.execute(
            "SELECT due_at FROM delivery WHERE state IN ('queued', 'sending') ORDER BY due_at"
        )
        return [_moment(due_at) for (due_at,) in rows]

    def next_attention(self) -> datetime | None:
        """The next moment at which anything can change or be told; None: at once."""
        moments = [
            row[0]
            for row in self._database.execute(
                "SELECT attention_at FROM organisation WHERE retired_on IS NULL"
            )
        ]
        untold = self._database.execute("SELECT 1 FROM reminder WHERE message_id IS NULL LIMIT 1").fetchone()
        if untold or not moments or None in moments:
            return None
        return min(map(_moment, moments))

    def close(self) -> None:
        self._database.close()


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
