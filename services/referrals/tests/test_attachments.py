"""Files beside a referral: known by their content, scanned by a real clamd, kept once."""

import socket
import subprocess
import threading
import time
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from deploy.local.ports import answers, free_port
from services.referrals.commands.attach import scan_waiting, sweep_files
from services.referrals.domain.parts import Scan
from services.referrals.providers.content import media_type_of
from services.referrals.providers.scanner import ClamAv, NoScanner
from shared import clock
from tests.support.house import Person, Service, settle
from tests.support.story import School
from tests.support.world import PDF, REQUEST, add_service, attach

_CLAMD = Path("/usr/sbin/clamd")
_HARMFUL = b"this-is-harmful-in-these-tests"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00"


def _archive(**entries: bytes) -> bytes:
    kept = BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return kept.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PDF, "application/pdf"),
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01", "image/jpeg"),
        (_archive(word__document_xml=b"<w/>"),
         "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (_archive(mimetype=b"application/vnd.oasis.opendocument.text"),
         "application/vnd.oasis.opendocument.text"),
        (_archive(word__document_xml=b"<w/>", word__vbaProject=b"", **{"word__vbaProject.bin": b""}),
         None),
        (_archive(anything=b"x"), None),
        (b"MZ\x90\x00" + b"\x00" * 60, None),
        (b"<html><script>alert(1)</script>", None),
        (b"#!/bin/sh\n", None),
        (b"just words", None),
        (b"PK\x03\x04broken", None),
    ],
    ids=["pdf", "png", "jpeg", "docx", "odt", "docx-with-macros", "other-archive", "exe", "html",
         "script", "words", "broken-archive"],
)  # fmt: skip
def test_a_file_is_what_its_content_is(content: bytes, kind: str | None) -> None:
    assert media_type_of(BytesIO(content)) == kind


@pytest.fixture
def draft(plans: Service, referrals: Service) -> tuple[Person, dict[str, Any]]:
    school = School(plans)
    child_id = school.child()["id"]
    settle(plans, referrals)
    senco = school.at(referrals)
    body = {**REQUEST, "support_service_id": add_service(referrals)}
    return senco, senco.post(f"/children/{child_id}/referrals", body)


def test_a_file_is_kept_once_scanned_and_handed_out(
    referrals: Service, draft: tuple[Person, dict[str, Any]]
) -> None:
    senco, made = draft
    at = f"/referrals/{made['id']}/attachments"
    (kept,) = attach(senco, made["id"], name="../../etc/Bericht ü.exe")["attachments"]
    assert (kept["name"], kept["media_type"], kept["scan"]) == (
        "Bericht ü.exe", "application/pdf", "waiting",
    )  # fmt: skip
    assert len(attach(senco, made["id"])["attachments"]) == 1  # the same once more
    assert senco.refused(409, "GET", f"{at}/{kept['id']}")["type"].endswith("not-scanned")
    assert scan_waiting(referrals.store, NoScanner()) >= 1
    fetched = senco.call("GET", f"{at}/{kept['id']}")
    assert (fetched.data, fetched.content_type) == (PDF, "application/pdf")
    assert fetched.headers["Content-Disposition"].startswith("attachment;")
    assert fetched.headers["X-Content-Type-Options"] == "nosniff"
    stranger = referrals.person("support_worker", services=[add_service(referrals)])
    stranger.refused(404, "GET", f"{at}/{kept['id']}")
    senco.refused(404, "GET", f"{at}/nothing")


@pytest.mark.parametrize(
    ("content", "status"), [(b"", 422), (b"just words", 422), (PDF + b"0" * 10_000_000, 413)]
)
def test_what_is_no_such_file_is_refused_and_nothing_is_kept(
    referrals: Service, draft: tuple[Person, dict[str, Any]], content: bytes, status: int
) -> None:
    senco, made = draft
    problem = senco.refused(
        status, "POST", f"/referrals/{made['id']}/attachments",
        data={"file": (BytesIO(content), "a.pdf")}, content_type="multipart/form-data",
    )  # fmt: skip
    if status == 422:
        assert problem["errors"][0]["pointer"] == "/file"
    assert senco.get(f"/referrals/{made['id']}")["attachments"] == []
    problem = senco.refused(422, "POST", f"/referrals/{made['id']}/attachments", {})
    assert problem["errors"][0]["pointer"] == "/file"


def test_what_nothing_names_is_swept_after_a_day(
    referrals: Service, draft: tuple[Person, dict[str, Any]]
) -> None:
    senco, made = draft
    kept = attach(senco, made["id"])
    gone = attach(senco, made["id"], PNG, "a.png")
    picture = gone["attachments"][1]["id"]
    senco.ask("DELETE", f"/referrals/{made['id']}/attachments/{picture}", version=gone["version"])
    orphan = referrals.store.files.put("referral/of-a-process-that-died", BytesIO(PDF))
    files = referrals.database["files.files"]

    def there() -> list[bool]:
        names = [f"referral/{made['id']}/{kept['attachments'][0]['id']}",
                 f"referral/{made['id']}/{picture}", orphan]  # fmt: skip
        return [files.count_documents({"_id": name}) == 1 for name in names]

    sweep_files(referrals.store)
    assert there() == [True, True, True]
    with clock.frozen(clock.now() + timedelta(days=2)):
        sweep_files(referrals.store)
        assert there() == [True, False, False]


def test_pieces_of_a_process_that_died_do_not_stand_in_the_way(referrals: Service) -> None:
    file_id = referrals.store.files.put("referral/one", BytesIO(PDF))
    referrals.database["files.files"].delete_one({"_id": file_id})  # its entry was never written
    assert referrals.store.files.put("referral/one", BytesIO(PDF)) == file_id
    assert b"".join(referrals.store.files.read(file_id)) == PDF


@pytest.fixture(scope="module")
def clamd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClamAv]:
    """A real clamd with one signature, on a port of its own."""
    if not _CLAMD.exists():
        pytest.skip("clamd is not installed here")
    folder, port = tmp_path_factory.mktemp("clamd"), free_port()
    (folder / "tests.ndb").write_text(f"Tests.Harmful:0:*:{_HARMFUL.hex()}\n")
    config = folder / "clamd.conf"
    config.write_text(
        f"Foreground yes\nDatabaseDirectory {folder}\nTCPSocket {port}\nTCPAddr 127.0.0.1\n"
        f"TemporaryDirectory {folder}\nMaxThreads 2\nStreamMaxLength 2M\n"
    )
    process = subprocess.Popen([str(_CLAMD), "-c", str(config)], stdout=subprocess.DEVNULL)
    try:
        by = time.monotonic() + 120
        while not answers(port):
            assert time.monotonic() < by and process.poll() is None, "clamd does not start"
            time.sleep(0.1)
        yield ClamAv("127.0.0.1", port)
    finally:
        process.kill()
        process.wait()


def test_clamd_finds_what_is_harmful_and_it_is_not_handed_out(
    referrals: Service, draft: tuple[Person, dict[str, Any]], clamd: ClamAv
) -> None:
    senco, made = draft
    attach(senco, made["id"])
    both = attach(senco, made["id"], PDF + _HARMFUL * 20_000, "bad.pdf")
    scan_waiting(referrals.store, clamd)
    kept = senco.get(f"/referrals/{made['id']}")["attachments"]
    assert [one["scan"] for one in kept] == ["clean", "infected"]
    problem = senco.refused(
        409, "GET", f"/referrals/{made['id']}/attachments/{both['attachments'][1]['id']}"
    )
    assert problem["type"].endswith("infected")


def test_what_the_scanner_refuses_does_not_hold_up_the_others(
    referrals: Service, draft: tuple[Person, dict[str, Any]], clamd: ClamAv
) -> None:
    senco, made = draft
    attach(senco, made["id"], PDF + b"0" * 2_500_000, "big.pdf")
    big, small = attach(senco, made["id"])["attachments"]
    scan_waiting(referrals.store, clamd)
    kept = {one["id"]: one["scan"] for one in senco.get(f"/referrals/{made['id']}")["attachments"]}
    assert kept == {big["id"]: "unscannable", small["id"]: "clean"}
    problem = senco.refused(409, "GET", f"/referrals/{made['id']}/attachments/{big['id']}")
    assert problem["type"].endswith("unscannable")


def test_what_the_scanner_says_before_it_hangs_up_is_heard() -> None:
    """It refuses a file that is too big while the rest is still being sent."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def refuse() -> None:
            connection, _ = listening.accept()
            connection.recv(1000)
            connection.sendall(b"INSTREAM size limit exceeded. ERROR\0")
            connection.close()  # with more to read: the sender's connection is reset

        scanner = threading.Thread(target=refuse)
        scanner.start()
        found = ClamAv("127.0.0.1", listening.getsockname()[1]).scan(iter([b"0" * 30_000_000]))
        scanner.join()
    assert found is Scan.UNSCANNABLE


def test_while_the_scanner_is_away_files_wait(
    referrals: Service, draft: tuple[Person, dict[str, Any]]
) -> None:
    senco, made = draft
    attach(senco, made["id"])
    assert scan_waiting(referrals.store, ClamAv("127.0.0.1", free_port())) == 0
    assert senco.get(f"/referrals/{made['id']}")["attachments"][0]["scan"] == "waiting"
    scan_waiting(referrals.store, NoScanner())
