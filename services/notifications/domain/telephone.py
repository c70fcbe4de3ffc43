"""Telephone numbers: which can take a text, and how one is kept (E.164, ITU-T)."""

import re
from unicodedata import category, decimal, normalize

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberType

NO_TEXTS = "the number cannot get text messages"
"""Why a text is not tried."""

_HELP = (
    "Enter a mobile number, like 07700 900 982 or +48 512 345 678. "
    "A number from another country starts with + and its country code."
)
_LANDLINE = "This is a landline number. Enter a mobile number, like 07700 900 982."
_NO_TEXTS = "This number cannot get text messages. Enter a mobile number, like 07700 900 982."
_EXTENSION = "A number with an extension cannot get text messages. Enter a mobile number."
# Some countries, such as Canada, do not tell mobiles from landlines.
_MOBILE = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
# What people write between the digits; the zero in brackets is dialled within a country only.
_BETWEEN = re.compile(r"[\s()./~\u2010-\u2015\u2212-]+")
_TRUNK_ZERO = re.compile(r"(?<=\d)\s*\(\s*0\s*\)")
_WITH_EXTENSION = re.compile(r"\d\s*(?:[#;,]?\s*(?:ext(?:ension|n)?|x)[.:=]?|#)\s*\d+\Z", re.I)
_INTERNATIONAL = re.compile(r"(?:\+|00)[1-9]\d+\Z")
_NATIONAL = re.compile(r"(?:0|44)7\d+\Z")
# Kept by Ofcom for drama: nobody has one, and samples and tests need them.
_FOR_DRAMA = re.compile(r"\+447700900\d{3}\Z")


class BadNumber(ValueError):
    """It is no number that can be used here. Says what to do."""


def read_mobile(written: str) -> str:
    """The number that somebody wrote, as E.164. Without + it is one of the United Kingdom, or
    none: what fits another country only is never taken for ours.

    Raises BadNumber.
    """
    text = _plain(written)
    if _WITH_EXTENSION.search(text):
        raise BadNumber(_EXTENSION)
    digits = _BETWEEN.sub("", _TRUNK_ZERO.sub("", text))
    if _NATIONAL.match(digits):
        digits = "+44" + digits[1:] if digits.startswith("0") else "+" + digits
    elif not _INTERNATIONAL.match(digits):
        raise BadNumber(_why_not(_parsed(digits, "GB") if digits.startswith("0") else None))
    number = _parsed(digits, "GB")
    if number is None:
        raise BadNumber(_HELP)
    found = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if not _is_mobile(number, found):
        raise BadNumber(_why_not(number))
    return found


def takes_texts(number: str | None) -> bool:
    """Whether a number that is kept can take a text. An earlier release kept some that cannot."""
    parsed = _parsed(number or "", None)
    return parsed is not None and _is_mobile(parsed, number or "")


def e164(sender: str) -> str | None:
    """The number from which a text came, as a provider says it: with its country, with or without
    +. None where it is no number: a name, or a short code."""
    national = sender.startswith("0") and not sender.startswith("00")
    parsed = _parsed(sender if national else f"+{sender.lstrip('+0')}", "GB")
    if parsed is None:
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def must_be_a_telephone(written: str) -> None:
    """Raises BadNumber unless it is a number that can be called, an extension included."""
    parsed = _parsed(_plain(written), "GB")
    if parsed is None or not phonenumbers.is_possible_number(parsed):
        raise BadNumber("Enter a phone number, like 01632 960 001.")


def _plain(written: str) -> str:
    """Digits of every alphabet as 0 to 9, without what cannot be seen."""
    text = "".join(
        str(decimal(one, one)) for one in normalize("NFKC", written) if category(one) != "Cf"
    ).strip()
    return text[4:] if text.lower().startswith("tel:") else text


def _parsed(text: str, country: str | None) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None


def _is_mobile(number: PhoneNumber, e164: str) -> bool:
    return phonenumbers.number_type(number) in _MOBILE or bool(_FOR_DRAMA.match(e164))


def _why_not(number: PhoneNumber | None) -> str:
    kind = phonenumbers.number_type(number) if number else PhoneNumberType.UNKNOWN
    if kind is PhoneNumberType.FIXED_LINE:
        return _LANDLINE
    return _HELP if kind in (PhoneNumberType.UNKNOWN, *_MOBILE) else _NO_TEXTS
