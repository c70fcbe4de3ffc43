"""The length of a text message in parts (3GPP TS 23.038 and 23.040): what one costs."""

from unicodedata import combining, normalize

# The basic character set, and its extension, of which each takes two places.
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("^{}\\[~]|€\f")
_PLAIN = str.maketrans({
    "\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u201e": '"',
    "\u2013": "-", "\u2014": "-", "\u2026": "...", "\u00a0": " ", "\t": " ",
})  # fmt: skip
_NO_PARTS = str.maketrans("łŁđĐıøØ", "lLdDioO")
_GSM_ONE, _GSM_MORE = 160, 153
_UCS_ONE, _UCS_MORE = 70, 67
MOST_PARTS = 2


def plain(text: str) -> str:
    """The same with typographic marks made plain: one of them would more than halve the room."""
    return text.translate(_PLAIN)


def without_marks(text: str) -> str:
    """The same with Latin letters that the basic set lacks as those that they are made of, where
    all of it can be said so: `Łukasz` as `Lukasz`. Other alphabets are left as they are."""
    bare = "".join(
        one if one in _BASIC or one in _EXTENSION
        else "".join(part for part in normalize("NFD", one.translate(_NO_PARTS))
                     if not combining(part))
        for one in text
    )  # fmt: skip
    return bare if is_gsm(bare) else text


def is_gsm(text: str) -> bool:
    """Whether the basic character set and its extension can say it."""
    return all(one in _BASIC or one in _EXTENSION for one in text)


def parts(text: str) -> int:
    """In how many parts it is sent."""
    if is_gsm(text):
        length = sum(2 if one in _EXTENSION else 1 for one in text)
        one, more = _GSM_ONE, _GSM_MORE
    else:
        length = len(text.encode("utf-16-be")) // 2
        one, more = _UCS_ONE, _UCS_MORE
    return 1 if length <= one else -(-length // more)
