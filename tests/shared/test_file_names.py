"""The names of files: as they are kept and shown, and in a header."""

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.http import parse_options_header

from shared.file_names import ascii_name, shown_name
from shared.web.downloads import disposition

RTL, POP, ZERO = "\u202e", "\u202c", "\u200b"
NAMES = [
    ("letter.pdf", "letter.pdf"),
    ("Mum\u2019s letter.pdf", "Mum\u2019s letter.pdf"),
    ("“Report” \u2013 final….pdf", "“Report” \u2013 final….pdf"),
    ("👩‍👧 drawing.png", "👩‍👧 drawing.png"),
    ("خط برائے اسکول.pdf", "خط برائے اسکول.pdf"),
    ("می\u200c\u062e\u0648\u0627\u0647\u0645.pdf", "می\u200c\u062e\u0648\u0627\u0647\u0645.pdf"),
    ("opinia łódź.docx", "opinia łódź.docx"),
    ('say "hello".pdf', 'say "hello".pdf'),
    ("a;b=c.pdf", "a;b=c.pdf"),
    ("100%25 done.pdf", "100%25 done.pdf"),
    ("C:\\Users\\me\\letter.pdf", "letter.pdf"),
    ("../../etc/passwd", "passwd"),
    ("a\r\nSet-Cookie: x=1.pdf", "a Set-Cookie: x=1.pdf"),
    ("a\u2028b\u2029c.pdf", "a b c.pdf"),
    (f"report{RTL}fdp{POP}.exe", "reportfdp.exe"),
    (f"{ZERO}.pdf", "pdf"),
    ("\ud83d.pdf", "?.pdf"),
    ("a\x00b.pdf", "a b.pdf"),
    ("", "file"),
    (None, "file"),
    ("...", "file"),
    ("   ", "file"),
    ("folder/", "file"),
    (" letter .pdf. ", "letter .pdf"),
    ("x" * 500 + ".pdf", "x" * 196 + ".pdf"),
    ("👩" * 200 + ".png", "👩" * 49 + ".png"),
    ("y" * 500, "y" * 200),
    ("z." + "w" * 500, "z." + "w" * 198),
]


@pytest.mark.parametrize(("said", "kept"), NAMES)
def test_a_file_keeps_its_name_without_what_is_no_part_of_it(said: str | None, kept: str) -> None:
    assert shown_name(said) == kept
    assert shown_name(kept) == kept


@given(st.text(st.characters(codec=None), max_size=300))
def test_whatever_a_file_is_called_the_header_is_one_that_every_server_sends(said: str) -> None:
    """One line of ASCII; the whole name comes back from it [RFC 8187]."""
    value = disposition("attachment", said)
    assert value.isascii() and value.isprintable()
    kind, options = parse_options_header(value)
    assert kind == "attachment"
    assert options["filename"] == shown_name(said)
    assert len(unquote(options["filename"]).encode("utf-8", "replace")) <= 255
    plain = ascii_name(shown_name(said))
    assert f'filename="{plain}"' in value and not set('"\\%;/') & set(plain)
