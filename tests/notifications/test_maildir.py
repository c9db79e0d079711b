"""Messages as files in a Maildir that a mail program can read."""

import asyncio
import mailbox
import stat

from notifications.transports import Parcel
from notifications.transports.maildir import MaildirTransport
from notifications.transports.outcomes import Sent, Unreachable


async def at_once():
    """Nothing went before that would have to be recorded first."""


def send(path, *parcels):
    async def carry():
        async with MaildirTransport(path).lane() as lane:
            return [await lane.reach() or await lane.send(each, at_once) for each in parcels]

    return asyncio.run(carry())


def parcel(message_id="<one@example.mn>", subject="first"):
    return Parcel(
        "a@b.example", message_id, f"Message-ID: {message_id}\r\nSubject: {subject}\r\n\r\nx\r\n".encode()
    )


def test_a_mail_program_reads_what_was_written(tmp_path):
    assert isinstance(send(tmp_path / "mail", parcel())[0], Sent)
    (message,) = mailbox.Maildir(tmp_path / "mail")
    assert message["Subject"] == "first"


def test_a_message_written_again_after_a_crash_is_the_same_file(tmp_path):
    send(tmp_path / "mail", parcel(), parcel())
    assert len(mailbox.Maildir(tmp_path / "mail")) == 1


def test_the_rest_of_a_write_that_was_cut_off_does_not_hinder_the_next(tmp_path):
    send(tmp_path / "mail", parcel())
    (written,) = (tmp_path / "mail" / "new").iterdir()
    written.rename(tmp_path / "mail" / "tmp" / written.name)
    (tmp_path / "mail" / "tmp" / written.name).write_bytes(b"Mess")
    assert isinstance(send(tmp_path / "mail", parcel())[0], Sent)
    assert list((tmp_path / "mail" / "tmp").iterdir()) == []
    assert written.read_bytes() == parcel().raw


def test_only_the_owner_reads_the_mails(tmp_path):
    send(tmp_path / "mail", parcel())
    (written,) = (tmp_path / "mail" / "new").iterdir()
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "mail").stat().st_mode) == 0o700


def test_a_message_id_cannot_lead_out_of_the_folder(tmp_path):
    send(tmp_path / "mail", parcel("<../../../evil:2,S@x>"))
    (written,) = (tmp_path / "mail" / "new").iterdir()
    assert ":" not in written.name
    assert written.parent == tmp_path / "mail" / "new"


def test_a_place_that_cannot_be_written_refuses_everybody_and_says_where(tmp_path):
    (tmp_path / "mail").write_text("a file, not a folder")
    (answer,) = send(tmp_path / "mail", parcel())
    assert isinstance(answer, Unreachable)
    assert str(tmp_path / "mail") in answer.answer
