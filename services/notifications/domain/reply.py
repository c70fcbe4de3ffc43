"""What people mean who text back: exact commands alone are acted on, in every language offered.

Networks and providers take STOP, STOPALL, UNSUBSCRIBE, CANCEL, END, QUIT, OPTOUT and REVOKE today
(CTIA Messaging Principles and Best Practices, Twilio, AWS; 47 CFR 64.1200(a)(10) names "opt out"
too). A word within a sentence is no command: what is not understood is read by a person.
"""

from collections.abc import Mapping
from enum import StrEnum
from unicodedata import category, normalize

from services.notifications.domain.values import Language

MOST_CHARACTERS = 2_000
"""Of what is kept: more than ten parts of a text can hold."""


class Meant(StrEnum):
    """What a text that came back asks for."""

    STOP = "stop"
    START = "start"
    OTHER = "other"


_STOP: Mapping[Language, tuple[str, ...]] = {
    Language.ENGLISH: (
        "stop",
        "stop all",
        "unsubscribe",
        "end",
        "quit",
        "cancel",
        "opt out",
        "revoke",
        "remove",
        "stop messages",
        "stop texts",
        "stop reminders",
        "stop updates",
        "stop these updates",
        "stop this news",
    ),
    Language.POLISH: (
        "stop",
        "koniec",
        "koniec wiadomości",
        "koniec przypomnień",
        "rezygnuję",
        "rezygnuj",
        "rezygnacja",
        "wypisz",
        "wypisz mnie",
        "wypisuję się",
        "odwołuję zgodę",
    ),
    Language.URDU: (
        "بند",
        "بند کریں",
        "بند کر دیں",
        "بند کرو",
        "روکیں",
        "روک دیں",
        "رکیں",
        "ختم",
        "ختم کریں",
        "سٹاپ",
        "اسٹاپ",
    ),
}
# Never "yes": our own texts ask whether a family agrees to something.
_START: Mapping[Language, tuple[str, ...]] = {
    Language.ENGLISH: ("start", "unstop"),
    Language.POLISH: ("start", "wznów", "wznawiam"),
    Language.URDU: ("شروع", "شروع کریں", "دوبارہ شروع کریں", "بحال کریں"),
}
# https://www.twilio.com/docs/api/errors/21610: the recipient has replied with STOP.
_BLOCKED = frozenset({"21610"})
# Letters that no decomposition takes apart, and those of Arabic keyboards (yeh, alef maksura, kaf,
# heh, teh marbuta, heh doachashmee) for which Urdu has its own.
_YEH, _KAF, _HEH = "\u06cc", "\u06a9", "\u06c1"
_SAME = str.maketrans(
    {
        "ł": "l",
        "\u064a": _YEH,
        "\u0649": _YEH,
        "\u0643": _KAF,
        "\u0647": _HEH,
        "\u0629": _HEH,
        "\u06be": _HEH,
    }
)
# Letters by their category that show nothing: tatweel, and the fillers of Hangul.
_NO_LETTERS = frozenset("\u0640\u115f\u1160")


def bare(words: str) -> str:
    """The letters and digits alone, small, without accents, in whatever form they came: quotes,
    spaces of every kind, full stops, emoji and marks that cannot be seen say nothing here."""
    text = normalize("NFKD", normalize("NFKC", words).casefold()).translate(_SAME)
    return "".join(one for one in text if category(one)[0] in "LN" and one not in _NO_LETTERS)


_MEANT = {
    **{bare(one): Meant.STOP for words in _STOP.values() for one in words},
    **{bare(one): Meant.START for words in _START.values() for one in words},
}


def understand(words: str) -> Meant:
    """What the text asks for, in whichever language: nobody has to answer in the one chosen."""
    return _MEANT.get(bare(words), Meant.OTHER)


def stopped_there(reason: str) -> bool:
    """Whether a refusal or receipt says that they have said STOP to the network, which blocks the
    number (its code comes last in the reason)."""
    return reason.rpartition(" ")[2] in _BLOCKED


def storable(words: str) -> str:
    """The words as they can be kept and shown: no half characters, no control characters."""
    whole = words.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    shown = "".join(one if category(one) != "Cc" or one == "\n" else " " for one in whole)
    return shown.strip()[:MOST_CHARACTERS]
