"""How the program speaks: the catalogs of its sentences, and the words for what data and commands name."""

from monitor.core.status import State
from monitor.speech import CHANNELS, LANGUAGES, STATES, Speech, local_moment, speak, speech
from notifications.messages import DeliveryState, Kind
from rules.sentences import Sentence, Term, sentence
from rules.workdays import DayKind

__all__ = [
    "LANGUAGES",
    "Speech",
    "channel_word",
    "column_word",
    "day_word",
    "delivery_word",
    "kind_word",
    "local_moment",
    "speak",
    "speech",
    "state_word",
]

_STATES = {State(name): Sentence(word) for name, word in STATES.items()}
_CHANNELS = {name: Sentence(word) for name, word in CHANNELS.items()}

_KINDS = {
    Kind.DIGEST: sentence("digest"),
    Kind.ESCALATION: sentence("escalation"),
    Kind.NOTICE: sentence("notice"),
    Kind.ALL_CLEAR: sentence("all clear"),
    Kind.WARNING: sentence("warning"),
    Kind.SIGN_IN: sentence("link to sign in"),
    Kind.TEST: sentence("test mail"),
}

_DAYS = {
    DayKind.HOLIDAY: sentence("public holiday"),
    DayKind.OFF: sentence("day off by decree"),
    DayKind.ON: sentence("worked by decree"),
}

_DELIVERIES = {
    DeliveryState.QUEUED: sentence("queued"),
    DeliveryState.SENDING: sentence("sending"),
    DeliveryState.SENT: sentence("sent"),
    DeliveryState.FAILED: sentence("failed"),
    DeliveryState.CANCELLED: sentence("cancelled"),
    DeliveryState.SUPERSEDED: sentence("superseded"),
}

_COLUMNS = {
    each.text.replace(" ", "_"): each
    for each in (
        sentence("address"),
        sentence("amended"),
        sentence("answer"),
        sentence("applies to"),
        sentence("channel"),
        sentence("channels"),
        sentence("confidence"),
        sentence("date"),
        sentence("day"),
        sentence("days"),
        sentence("deadline"),
        sentence("due"),
        sentence("extendable"),
        sentence("id"),
        sentence("in force"),
        sentence("item"),
        sentence("keep posted"),
        sentence("key"),
        sentence("kind"),
        sentence("missing"),
        sentence("name"),
        sentence("note"),
        sentence("on"),
        sentence("organisation"),
        sentence("organisations"),
        sentence("period"),
        sentence("reason"),
        sentence("recorded at"),
        sentence("reference"),
        sentence("responsible"),
        sentence("roll"),
        sentence("rule"),
        sentence("same document"),
        sentence("seen"),
        sentence("sessions"),
        sentence("sha256"),
        sentence("source"),
        sentence("state"),
        sentence("subject"),
        sentence("taken down"),
        sentence("title"),
        sentence("to"),
        sentence("url"),
        sentence("waives for"),
        sentence("weekday"),
        sentence("withdrawn"),
        sentence("words"),
    )
}


def state_word(state: State) -> Sentence:
    """The word that people read for a state."""
    return _STATES[state]


def channel_word(channel: str) -> Sentence | Term:
    """The word that people read for a channel; one that a pack brought is said as it is."""
    return _CHANNELS.get(channel) or Term(channel)


def kind_word(kind: Kind) -> Sentence:
    """The word that people read for a kind of mail."""
    return _KINDS[kind]


def day_word(kind: DayKind) -> Sentence:
    """Why a day is not what its weekday would make it."""
    return _DAYS[kind]


def delivery_word(state: DeliveryState) -> Sentence:
    """Where a mail stands."""
    return _DELIVERIES[state]


def column_word(name: str) -> Sentence:
    """What people read above a column, or before a value, of that name."""
    return _COLUMNS[name]
