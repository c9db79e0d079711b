"""Telling services besides the mail, against a real HTTP server on the loopback interface."""

import asyncio
import logging
import sys
import time

import pytest

from notifications.delivering import DeliveryPass
from notifications.mail_list import down_since
from notifications.messages import Kind
from notifications.taking_back import cancel_departed, supersede, undelivered
from notifications.transports import Parcel
from notifications.transports.outcomes import Outcome, Permanent, Sent, Temporary, Unanswered
from notifications.transports.services import ServiceTransport, is_known, service_name
from notifications.transports.smtp import SmtpTransport
from tests.service import SECRET

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # in the library


@pytest.fixture
def server(serve):
    return serve()


def send(transport: ServiceTransport, name: str) -> Outcome:
    async def go() -> Outcome:
        async def cleared() -> None:
            pass

        async with transport.lane() as lane:
            assert await lane.reach() is None
            return await lane.send(Parcel(name, "<1>", "Төсөв\nТайлан".encode(), "Хэтэрсэн 1"), cleared)

    return asyncio.run(go())


def tell(address: str) -> Outcome:
    return send(ServiceTransport(lambda: [address]), service_name(address))


def test_a_service_is_told_the_subject_and_the_lines(service):
    assert tell(service.address) == Sent()
    (told,) = service.received
    assert (told["title"], told["message"]) == ("Хэтэрсэн 1", "Төсөв\nТайлан")


@pytest.mark.parametrize("status", [403, 500])
def test_a_service_that_refuses_is_tried_again(service, status):
    service.script = [status]
    assert isinstance(tell(service.address), Temporary)


def test_a_service_that_cannot_be_reached_is_tried_again(service):
    service.close()
    assert isinstance(tell(service.address), Temporary)


def test_what_is_no_address_of_a_service_fails():
    assert isinstance(tell("nothing://localhost"), Permanent)
    assert not is_known("nothing://localhost")
    assert is_known("json://localhost")


def test_a_service_that_is_no_longer_listed_fails(service):
    assert isinstance(send(ServiceTransport(list), service_name(service.address)), Permanent)
    assert service.received == []


def test_the_name_of_a_service_tells_its_kind_and_no_secret():
    one, other = service_name(f"tgram://{SECRET}/1"), service_name(f"TGRAM://{SECRET}/2")
    assert one.startswith("tgram:")
    assert other.startswith("tgram:")
    assert one != other
    assert SECRET not in one


def test_without_the_library_a_delivery_fails_and_says_what_to_install(service, monkeypatch):
    monkeypatch.setitem(sys.modules, "apprise", None)
    monkeypatch.setattr("notifications.transports.services.find_spec", lambda _name: None)
    outcome = tell(service.address)
    assert isinstance(outcome, Permanent)
    assert "pip install iltod[apprise]" in outcome.answer


def test_a_library_that_cannot_be_loaded_for_now_is_tried_again(service, monkeypatch):
    monkeypatch.setitem(sys.modules, "apprise", None)
    monkeypatch.setattr("notifications.transports.services.is_installed", lambda: True)
    assert tell(service.address) == Temporary(None, "ModuleNotFoundError")


def test_a_service_that_does_not_end_its_answer_is_not_waited_for_nor_told_more(service, monkeypatch):
    transport, name = ServiceTransport(lambda: [service.address]), service_name(service.address)
    assert send(transport, name) == Sent()
    monkeypatch.setattr("notifications.transports.services._ANSWER_SECONDS", 1.0)
    service.drips = True
    assert isinstance(send(transport, name), Unanswered)
    assert isinstance(send(transport, name), Temporary)
    assert len(service.received) == 2
    service.drips = False
    deadline = time.monotonic() + 20
    while send(transport, name) != Sent():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_where_no_thread_can_be_started_the_service_is_told_later(post, service, clock, monkeypatch):
    queue_both(post, service.address)
    services = ServiceTransport(lambda: [service.address])

    def refuse(_thread):
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as short:
        short.setattr("threading.Thread.start", refuse)
        assert post.deliver(services) == DeliveryPass(deferred=1)
    clock.pass_by(minutes=1)
    assert post.deliver(services) == DeliveryPass(sent=1)


def test_no_log_and_no_answer_tells_the_secret(service, caplog, capsys):
    caplog.set_level(logging.DEBUG)
    service.script = [500]
    outcomes = [
        tell(service.address),
        tell(f"json://user:{SECRET}@127.0.0.1:1/"),
        tell(f"nothing://{SECRET}"),
    ]
    said = capsys.readouterr()
    assert SECRET not in f"{outcomes}{caplog.text}{said.out}{said.err}"


def queue_both(post, address: str, **changes) -> None:
    post.queue(services=(service_name(address),), brief="Төсөв", **changes)


def test_a_message_goes_out_as_a_mail_and_to_the_service_each_by_its_own_pass(post, server, service):
    queue_both(post, service.address)
    assert post.deliver(SmtpTransport(server.settings())) == DeliveryPass(sent=1)
    assert service.received == []
    assert post.deliver(ServiceTransport(lambda: [service.address])) == DeliveryPass(sent=1)
    assert service.received[0]["title"] == "Сэргэлэн сум: хугацаа хэтэрсэн 1"
    assert service.received[0]["message"] == "Төсөв"
    assert len(server.received) == 1


def test_a_service_that_refuses_holds_no_mail_up_and_is_tried_again_like_a_mail(post, server, service, clock):
    service.script = [500, 200]
    queue_both(post, service.address)
    services = ServiceTransport(lambda: [service.address])
    assert post.deliver(services) == DeliveryPass(deferred=1)
    assert post.deliver(SmtpTransport(server.settings())) == DeliveryPass(sent=1)
    assert post.deliver(services) == DeliveryPass()
    clock.pass_by(minutes=1)
    assert post.deliver(services) == DeliveryPass(sent=1)
    assert [tried.outcome for tried in post.show(2).attempts] == ["temporary", "sent"]


def test_what_a_service_was_not_told_yet_is_not_mailed_anew(post, server, service):
    service.script = [500]
    queue_both(post, service.address)
    post.deliver(SmtpTransport(server.settings()))
    post.deliver(ServiceTransport(lambda: [service.address]))
    assert post.do(undelivered, ["finance@sergelen.example"]) == {}


def test_a_newer_message_takes_over_what_the_service_would_have_told(post, service, clock):
    queue_both(post, service.address)
    ids = post.do(undelivered, ["finance@sergelen.example"])["finance@sergelen.example", Kind.DIGEST]
    post.do(supersede, ids, clock())
    assert post.states() == ["superseded", "superseded"]


def test_a_service_that_takes_a_message_does_not_end_an_outage_of_the_mail(post, server, service):
    server.script["banner"] = "421 too busy"
    queue_both(post, service.address)
    post.deliver(SmtpTransport(server.settings()))
    post.deliver(ServiceTransport(lambda: [service.address]))
    assert post.do(down_since) is not None


def test_what_is_queued_for_a_service_that_is_no_longer_listed_is_cancelled(post, service, clock):
    queue_both(post, service.address)
    only_by_mail = lambda _person, service: service is None  # noqa: E731 -- one line says it
    post.do(cancel_departed, only_by_mail, "the contact has left", clock())
    assert post.states() == ["queued", "cancelled"]


def test_the_list_names_the_person_and_the_kind_of_service(post, service):
    queue_both(post, service.address)
    assert post.show(1).delivery.to == "finance@sergelen.example"
    assert post.show(2).delivery.to == "finance@sergelen.example (json)"
    assert post.show(2).raw.decode() == "Төсөв"
