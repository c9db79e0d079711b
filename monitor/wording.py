"""How the program speaks: the catalogs of its sentences, and the words for what data and commands name."""

from monitor.core.journal import What
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
    "outcome_word",
    "speak",
    "speech",
    "state_word",
    "what_word",
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

_OUTCOMES = {
    "sent": sentence("sent"),
    "temporary": sentence("refused for now"),
    "permanent": sentence("refused for good"),
    "unreachable": sentence("not reached"),
    "unanswered": sentence("without an answer"),
}

_WHATS = {
    What.OPENED: sentence("opened"),
    What.TAKEN_OVER: sentence("taken over"),
    What.MOVED: sentence("due date moved"),
    What.RECKONED_ANEW: sentence("reckoned anew"),
    What.WITHDRAWN: sentence("withdrawn"),
    What.STANDS_AGAIN: sentence("stands again"),
    What.EXEMPTION: sentence("exemption"),
    What.EVENT: sentence("event recorded"),
    What.EVENT_AMENDED: sentence("event amended"),
    What.EVENT_WITHDRAWN: sentence("event withdrawn"),
    What.POSTING: sentence("posting recorded"),
    What.POSTING_WITHDRAWN: sentence("posting withdrawn"),
    What.WAIVER: sentence("waived"),
    What.WAIVER_LIFTED: sentence("waiver taken back"),
    What.EXTENSION: sentence("extended"),
    What.SNOOZE: sentence("reminders put off"),
    What.JOINED: sentence("organisation joined"),
    What.CHANGED: sentence("organisation changed"),
    What.LEFT: sentence("organisation left"),
    What.CONFIGURATION: sentence("configuration taken in"),
    What.PACKS: sentence("rule packs taken in"),
    What.CALENDAR: sentence("calendar changed"),
    What.REGISTER_ACCEPTED: sentence("register accepted"),
    What.RESUMED: sentence("sending resumed"),
    What.SIGNED_OUT: sentence("signed out everywhere"),
    What.IMPORTED: sentence("file imported"),
    What.MAILS: sentence("mails sent or refused"),
    What.MAIL_RETRIED: sentence("mail to be sent again"),
    What.TOKEN: sentence("token made"),
    What.TOKEN_REVOKED: sentence("token revoked"),
    What.FEED: sentence("feed made"),
    What.FEED_REVOKED: sentence("feed revoked"),
    What.DAY: sentence("day sealed"),
}

_COLUMNS = {
    each.text.replace(" ", "_"): each
    for each in (
        sentence("address"),
        sentence("amended"),
        sentence("answer"),
        sentence("at"),
        sentence("by"),
        sentence("applies to"),
        sentence("channel"),
        sentence("channels"),
        sentence("confidence"),
        sentence("date"),
        sentence("day"),
        sentence("days"),
        sentence("deadline"),
        sentence("due"),
        sentence("ends"),
        sentence("extendable"),
        sentence("id"),
        sentence("in force"),
        sentence("item"),
        sentence("keep posted"),
        sentence("key"),
        sentence("kind"),
        sentence("made"),
        sentence("missing"),
        sentence("name"),
        sentence("note"),
        sentence("on"),
        sentence("organisation"),
        sentence("organisations"),
        sentence("owner"),
        sentence("period"),
        sentence("reason"),
        sentence("recorded at"),
        sentence("reference"),
        sentence("responsible"),
        sentence("revoked"),
        sentence("rights"),
        sentence("roll"),
        sentence("rule"),
        sentence("same document"),
        sentence("seen"),
        sentence("sessions"),
        sentence("scope"),
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
        sentence("what"),
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


def outcome_word(outcome: str) -> Sentence:
    """How an attempt at a mail ended."""
    return _OUTCOMES[outcome]


def what_word(what: What) -> Sentence:
    """What an entry of the journal tells."""
    return _WHATS[what]


def column_word(name: str) -> Sentence:
    """What people read above a column, or before a value, of that name."""
    return _COLUMNS[name]
