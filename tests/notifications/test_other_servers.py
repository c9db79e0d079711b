"""Against a server that was written by somebody else: aiosmtpd, with encryption and a password."""

import email
import email.policy
import socket

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from notifications.delivering import DeliveryPass
from notifications.transports import MailSettings
from notifications.transports.smtp import SmtpTransport


class Inbox:
    """Keeps what arrives."""

    def __init__(self, port):
        self.port, self.envelopes = port, []

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 -- aiosmtpd's name
        self.envelopes.append(envelope)
        return "250 taken"


def check_password(server, session, envelope, mechanism, data):
    return AuthResult(success=(data.login, data.password) == (b"iltod", b"secret"), handled=False)


def free_port():
    """aiosmtpd wants to know its port beforehand."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@pytest.fixture
def mail_server(make_server_tls):
    inbox = Inbox(free_port())
    controller = Controller(
        inbox,
        hostname="127.0.0.1",
        port=inbox.port,
        tls_context=make_server_tls("localhost"),
        require_starttls=True,
        auth_required=True,
        authenticator=check_password,
    )
    controller.start()
    yield inbox
    controller.stop()


def settings(port, password="secret"):
    return MailSettings(
        transport="smtp",
        path=None,
        sender="Ил тод <iltod@example.mn>",
        port=port,
        username="iltod",
        password=password,
        connections=2,
    )


def test_an_encrypted_server_with_a_password_takes_every_message_as_it_was_frozen(
    post, mail_server, trusting
):
    for number in range(20):
        post.queue(f"officer{number}@sergelen.example", text=f".\n{number}-р захидал\n..\n")
    assert post.deliver(SmtpTransport(settings(mail_server.port), trusting)) == DeliveryPass(sent=20)
    texts = {}
    for envelope in mail_server.envelopes:
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert [each.addr_spec for each in message["To"].addresses] == envelope.rcpt_tos
        texts[envelope.rcpt_tos[0]] = message.get_body(("plain",)).get_content().replace("\r\n", "\n")
    assert texts == {
        f"officer{number}@sergelen.example": f".\n{number}-р захидал\n..\n" for number in range(20)
    }


def test_a_wrong_password_holds_everything_back(post, mail_server, trusting):
    post.queue()
    done = post.deliver(SmtpTransport(settings(mail_server.port, "wrong"), trusting))
    assert done.unreachable is not None
    assert mail_server.envelopes == []
    assert post.states() == ["queued"]
