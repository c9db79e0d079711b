"""What waits in the outbox, superseded, cancelled or sent again, on a real SQLite file."""

from notifications import mail_list, taking_back
from notifications.messages import DeliveryState, Kind
from notifications.transports.outcomes import Permanent, Sent, Temporary, Unanswered


def test_a_newer_digest_may_take_over_one_that_still_waits(post, clock):
    delivery_id = post.queue()
    post.end(Temporary(451, "greylisted"))
    asked = ["FINANCE@sergelen.example", "web@sergelen.example"]
    waiting = {("finance@sergelen.example", Kind.DIGEST): [delivery_id]}
    assert post.do(taking_back.undelivered, asked) == waiting
    assert post.do(taking_back.undelivered, ["web@sergelen.example"]) == {}
    post.do(taking_back.supersede, [delivery_id], clock())
    assert post.show(delivery_id).delivery.state is DeliveryState.SUPERSEDED
    assert post.do(taking_back.undelivered, ["finance@sergelen.example"]) == {}


def test_one_that_may_have_arrived_is_repeated_as_it_stands(post):
    post.queue()
    post.end(Unanswered("no answer"))
    assert post.do(taking_back.undelivered, ["finance@sergelen.example"]) == {}


def test_one_that_is_being_sent_is_not_taken_over_or_cancelled(post, clock):
    delivery_id = post.queue()
    post.claim()
    assert post.do(taking_back.undelivered, ["finance@sergelen.example"]) == {}
    post.do(taking_back.supersede, [delivery_id], clock())
    assert post.do(taking_back.cancel, [delivery_id], "left", clock()) == 0
    assert post.show(delivery_id).delivery.state is DeliveryState.SENDING


def test_mails_for_one_who_left_are_cancelled_with_the_reason(post, clock):
    gone, here = post.queue("gone@sergelen.example"), post.queue("Web@sergelen.example")
    only_web = lambda person, _service: person == "web@sergelen.example"  # noqa: E731 -- one line says it
    assert post.do(taking_back.cancel_departed, only_web, "no longer a contact", clock()) == (gone,)
    assert post.show(gone).delivery.state is DeliveryState.CANCELLED
    assert post.show(gone).delivery.reason == "no longer a contact"
    assert [each.id for each in post.claim()] == [here]


def nobody(_person: str, _service: str | None) -> bool:
    """Everybody has left."""
    return False


def test_a_link_for_one_who_left_is_cancelled(post, clock):
    link = post.queue("gone@sergelen.example", kind=Kind.SIGN_IN)
    assert post.do(taking_back.cancel_departed, nobody, "no longer a contact", clock()) == (link,)


def test_a_test_mail_to_somebody_outside_the_register_is_not_cancelled(post, clock):
    post.queue("visitor@elsewhere.example", kind=Kind.TEST)
    assert post.do(taking_back.cancel_departed, nobody, "no longer a contact", clock()) == ()


def test_a_failed_delivery_can_be_sent_again_with_the_same_message_id(post, clock):
    delivery_id = post.queue()
    before = post.show(delivery_id).message_id
    post.end(Permanent(550, "no such user"))
    assert [each.id for each in post.do(mail_list.failed)] == [delivery_id]
    assert post.do(taking_back.retry, delivery_id, clock())
    (claimed,) = post.claim()
    assert claimed.parcel.message_id == before
    assert post.do(mail_list.failed) == ()


def test_what_is_sent_or_unknown_cannot_be_sent_again(post, clock):
    delivery_id = post.queue()
    post.end(Sent(250, ""))
    assert not post.do(taking_back.retry, delivery_id, clock())
    assert not post.do(taking_back.retry, 99, clock())
