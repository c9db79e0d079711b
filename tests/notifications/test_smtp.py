"""What becomes of a message at each step of the dialogue with an SMTP server, played on the loopback
interface.
"""

import asyncio
import base64
from functools import partial

import pytest

from notifications.transports import HeldBackError, Parcel
from notifications.transports.outcomes import Permanent, Sent, Temporary, Unanswered, Unreachable
from notifications.transports.smtp import SmtpTransport, Timeouts

DROP, SILENCE = "<drop>", "<silence>"
QUICK = Timeouts(answer=0.5, whole_message=0.4)


@pytest.fixture(params=[False, True], ids=["word by word", "several at once"])
def serve(serve, request):
    """Every server comes in two kinds: one takes a command at a time, the other several at once (RFC 2920)."""
    return partial(serve, pipelining=request.param)


def parcel(recipient="finance@sergelen.example", text=b"text"):
    raw = b"Message-ID: <1@example.mn>\r\nSubject: test\r\n\r\n" + text + b"\r\n"
    return Parcel(recipient, "<1@example.mn>", raw)


async def at_once():
    """Nothing went before that would have to be recorded first."""


def send(transport, *parcels):
    """The outcomes of sending the parcels one after the other through one lane."""

    async def carry():
        async with transport.lane() as lane:
            return [await lane.reach() or await lane.send(each, at_once) for each in parcels or (parcel(),)]

    return asyncio.run(carry())


def outcome(server, **settings):
    return send(SmtpTransport(server.settings(**settings), timeouts=QUICK))[0]


def test_a_message_is_taken_with_its_answer(serve):
    server = serve(script={".": "250 queued as 7"})
    assert outcome(server) == Sent(250, "queued as 7")
    assert [each.recipient for each in server.received] == ["finance@sergelen.example"]


def test_the_envelope_sender_is_where_bounces_go(serve):
    server = serve()
    outcome(server, bounce_to="bounces@example.mn")
    assert server.received[0].sender == "bounces@example.mn"


def test_without_a_place_for_bounces_the_envelope_has_the_senders_address(serve):
    server = serve()
    outcome(server)
    assert server.received[0].sender == "iltod@example.mn"


def test_a_line_that_begins_with_a_dot_arrives_as_it_was(serve):
    server = serve()
    dotted = b"one\r\n.\r\n..two\r\n.three"
    send(SmtpTransport(server.settings()), parcel(text=dotted))
    assert server.received[0].raw.endswith(b"\r\n\r\n" + dotted + b"\r\n")


def test_one_connection_serves_all_messages_and_is_ended_with_quit(serve):
    server = serve()
    assert send(SmtpTransport(server.settings()), parcel(), parcel(), parcel()) == [Sent(250, "taken")] * 3
    assert server.connections == 1
    assert server.commands[-1] == "QUIT"


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "."])
def test_a_temporary_refusal_defers_the_message_and_keeps_the_connection(serve, step):
    server = serve(script={step: ["451 4.7.1 greylisted, try later"]})
    outcomes = send(SmtpTransport(server.settings()), parcel(), parcel("web@sergelen.example"))
    assert outcomes == [Temporary(451, "4.7.1 greylisted, try later"), Sent(250, "taken")]
    assert server.connections == 1


@pytest.mark.parametrize("step", ["RCPT", "DATA", "."])
def test_a_permanent_refusal_fails_the_message_and_keeps_the_connection(serve, step):
    server = serve(script={step: ["554 no"]})
    outcomes = send(SmtpTransport(server.settings()), parcel(), parcel("web@sergelen.example"))
    assert outcomes == [Permanent(554, "no"), Sent(250, "taken")]
    assert server.connections == 1


def test_a_message_that_is_too_big_fails_alone(serve):
    server = serve(script={"MAIL": ["552 too big"]})
    outcomes = send(SmtpTransport(server.settings()), parcel(), parcel())
    assert outcomes == [Permanent(552, "too big"), Sent(250, "taken")]


def test_a_sender_that_is_refused_is_refused_for_everybody(serve):
    assert outcome(serve(script={"MAIL": "553 sender not allowed"})) == Unreachable("sender not allowed", 553)


def test_a_full_mailbox_is_a_temporary_refusal(serve):
    assert outcome(serve(script={".": "452 mailbox full"})) == Temporary(452, "mailbox full")


def test_nobody_listens_so_nobody_can_be_reached(serve):
    server = serve()
    settings = server.settings()
    server.close()
    server.close = lambda: None
    answer = send(SmtpTransport(settings))[0]
    assert isinstance(answer, Unreachable)
    assert "localhost" in answer.answer


def test_a_name_that_does_not_exist_is_unreachable(serve):
    assert isinstance(outcome(serve(), host="no-such-host.invalid"), Unreachable)


def test_a_server_that_closes_at_its_banner_is_unreachable(serve):
    assert outcome(serve(script={"banner": "421 too busy"})) == Unreachable("too busy", 421)


@pytest.mark.parametrize("step", ["banner", "EHLO", "MAIL"])
@pytest.mark.parametrize("fault", [DROP, SILENCE])
def test_a_server_that_goes_dumb_before_it_knows_the_recipient_is_unreachable(serve, step, fault):
    assert isinstance(outcome(serve(script={step: fault})), Unreachable)


@pytest.mark.parametrize("step", ["RCPT", "DATA"])
@pytest.mark.parametrize("fault", [DROP, SILENCE])
def test_a_server_that_goes_dumb_at_this_recipient_defers_this_one_alone(serve, step, fault):
    server = serve(script={f"{step} finance@sergelen.example": fault})
    transport = SmtpTransport(server.settings(), timeouts=QUICK)
    first, second = send(transport, parcel(), parcel("web@sergelen.example"))
    assert isinstance(first, Temporary)
    assert second == Sent(250, "taken")
    assert [each.recipient for each in server.received] == ["web@sergelen.example"]


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
def test_a_line_that_breaks_once_is_made_anew_and_costs_nothing(serve, step):
    server = serve(script={step: [DROP]})
    assert outcome(server) == Sent(250, "taken")
    assert server.connections == 2


def test_a_server_that_wants_the_message_although_it_refused_the_recipient_gets_none(serve):
    server = serve(script={"RCPT": ["550 no such user"], "DATA": "354 go on"})
    outcomes = send(SmtpTransport(server.settings()), parcel(), parcel("web@sergelen.example"))
    assert outcomes == [Permanent(550, "no such user"), Sent(250, "taken")]
    assert [each.recipient for each in server.received] == ["web@sergelen.example"]


def test_a_message_that_is_held_back_at_the_last_moment_is_not_handed_over(serve):
    server = serve()

    async def hold_back():
        raise HeldBackError

    async def carry():
        async with SmtpTransport(server.settings()).lane() as lane:
            await lane.reach()
            with pytest.raises(HeldBackError):
                await lane.send(parcel(), hold_back)
            assert await lane.reach() is None
            return await lane.send(parcel("web@sergelen.example"), at_once)

    assert asyncio.run(carry()) == Sent(250, "taken")
    assert [each.recipient for each in server.received] == ["web@sergelen.example"]


def test_a_server_that_closes_between_two_messages_costs_nothing(serve):
    server = serve()

    async def carry():
        async with SmtpTransport(server.settings()).lane() as lane:
            outcomes = []
            for recipient in ("finance@sergelen.example", "web@sergelen.example"):
                outcomes.append(await lane.reach() or await lane.send(parcel(recipient), at_once))
                server.hang_up()
                await asyncio.sleep(0.05)
            return outcomes

    assert asyncio.run(carry()) == [Sent(250, "taken")] * 2
    assert len(server.received) == 2


def test_an_answer_of_several_lines_is_one_answer(serve):
    assert outcome(serve(script={".": "250-first\r\n250 second"})) == Sent(250, "first\nsecond")


def test_a_number_that_begins_with_a_two_says_that_it_was_taken(serve):
    assert outcome(serve(script={".": "259 fine"})) == Sent(259, "fine")


def test_a_server_that_talks_without_end_is_not_listened_to(serve):
    server = serve(script={"MAIL": "250-" + "x" * 100_000})
    assert isinstance(outcome(server), Unreachable)


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "."])
def test_a_server_that_has_had_enough_of_a_connection_gets_a_new_one(serve, step):
    server = serve(script={step: ["421 enough for one connection"]})
    assert outcome(server) == Sent(250, "taken")
    assert server.connections == 2
    assert len(server.received) == 1


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "."])
def test_a_server_that_has_had_enough_at_once_is_unreachable(serve, step):
    assert outcome(serve(script={step: "421 closing"})) == Unreachable("closing", 421)


@pytest.mark.parametrize("fault", [DROP, SILENCE, "nonsense"])
def test_no_answer_after_the_final_dot_is_told_as_such_and_not_repeated_here(serve, fault):
    server = serve(script={".": fault})
    assert isinstance(outcome(server), Unanswered)
    assert server.connections == 1


def test_after_an_unanswered_message_the_next_goes_over_a_new_connection(serve):
    server = serve(script={".": [SILENCE]})
    transport = SmtpTransport(server.settings(), timeouts=QUICK)
    first, second = send(transport, parcel(), parcel("web@sergelen.example"))
    assert isinstance(first, Unanswered)
    assert second == Sent(250, "taken")


def test_a_password_is_taken_over_an_encrypted_line(serve, make_server_tls, trusting):
    server = serve(tls=make_server_tls("localhost"))
    settings = server.settings(security="starttls", username="iltod", password="secret")
    assert send(SmtpTransport(settings, trusting)) == [Sent(250, "taken")]
    verbs = [command.split()[0] for command in server.commands]
    assert verbs[:4] == ["EHLO", "STARTTLS", "EHLO", "AUTH"]


def test_tls_from_the_first_byte(serve, make_server_tls, trusting):
    server = serve(tls=make_server_tls("localhost"), implicit_tls=True)
    assert send(SmtpTransport(server.settings(security="tls"), trusting)) == [Sent(250, "taken")]


def test_encryption_that_is_asked_for_is_demanded(serve):
    server = serve()
    answer = outcome(server, security="starttls")
    assert isinstance(answer, Unreachable)
    assert "STARTTLS" in answer.answer
    assert "MAIL" not in " ".join(server.commands)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_for_another_name_is_refused(serve, make_server_tls, trusting, security):
    server = serve(tls=make_server_tls("elsewhere"), implicit_tls=security == "tls")
    answer = send(SmtpTransport(server.settings(security=security), trusting))[0]
    assert isinstance(answer, Unreachable)
    assert "localhost" in answer.answer
    assert server.received == []


def test_a_certificate_that_nobody_vouches_for_is_refused(serve, make_server_tls):
    server = serve(tls=make_server_tls("localhost"))
    answer = outcome(server, security="starttls")
    assert isinstance(answer, Unreachable)
    assert "certificate" in answer.answer


def test_a_wrong_password_is_not_tried_again_at_once(serve):
    server = serve(script={"AUTH": "535 wrong password"})
    transport = SmtpTransport(server.settings(username="iltod", password="wrong"))
    assert send(transport) == [Unreachable("the login was refused", 535)]
    assert send(transport) == [Unreachable("the login was refused", 535)]
    assert server.connections == 1


def test_a_new_transport_tries_its_password_at_once(serve):
    server = serve(script={"AUTH": ["535 wrong password"]})
    send(SmtpTransport(server.settings(username="iltod", password="wrong")))
    right = SmtpTransport(server.settings(username="iltod", password="right"))
    assert send(right) == [Sent(250, "taken")]


def test_the_password_stands_in_no_answer_and_no_representation(serve):
    told = base64.b64encode(b"\0iltod\0canary-secret").decode()
    server = serve(script={"AUTH": f"535 5.7.8 failed: AUTH PLAIN {told} canary-secret"})
    settings = server.settings(username="iltod", password="canary-secret")
    answers = send(SmtpTransport(settings))
    assert answers == [Unreachable("the login was refused (5.7.8)", 535)]
    assert "canary-secret" not in repr((settings, answers))


@pytest.mark.parametrize("step", ["banner", "MAIL", "RCPT", "."])
def test_of_what_a_server_says_at_length_the_beginning_is_kept(serve, step):
    server = serve(script={step: f"550 no {'x' * 5_000}"})
    answer = outcome(server)
    assert answer.answer.startswith("no xx")
    assert len(answer.answer) == 1000


@pytest.mark.parametrize(
    "address", ["a@b.example, c@d.example", "a@b.example\r\nRCPT TO:<c@d.example>", "nobody"]
)
def test_what_is_not_one_address_is_never_spoken_to_a_server(serve, address):
    server = serve()
    with pytest.raises(ValueError, match="not one mail address"):
        send(SmtpTransport(server.settings()), parcel(address))
    assert "RCPT" not in " ".join(server.commands)
