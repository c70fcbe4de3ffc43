"""A real IMAP server (Dovecot) with one mailbox, on a port and in a folder of its own."""

import grp
import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from imap_tools import MailBoxUnencrypted

from deploy.local.ports import free_port
from deploy.local.processes import start, wait_until
from services.notifications.settings import MailboxSettings

DOVECOT = Path("/usr/sbin/dovecot")
_CONFIG = """
protocols = imap
base_dir = {at}/run
state_dir = {at}/state
log_path = /dev/stderr
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
default_internal_user = {user}
default_login_user = {user}
default_internal_group = {group}
first_valid_uid = 1
mail_location = maildir:{at}/mail
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
passdb {{
  driver = static
  args = password=secret
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={at}/mail allow_all_users=yes
}}
"""


@contextmanager
def served_mailbox() -> Iterator[MailboxSettings]:
    """The mailbox `bounces`, empty."""
    # Not below pytest's own folders: Dovecot's other user could not find its way there.
    with TemporaryDirectory(prefix="sen-imap-") as folder:
        os.chmod(folder, 0o755)
        with _served(Path(folder)) as settings:
            yield settings


@contextmanager
def _served(folder: Path) -> Iterator[MailboxSettings]:
    own = pwd.getpwuid(os.getuid() or pwd.getpwnam("nobody").pw_uid)
    group = grp.getgrgid(own.pw_gid).gr_name
    for name in ("run", "state", "mail"):
        (folder / name).mkdir()
    os.chown(folder / "mail", own.pw_uid, own.pw_gid)
    port = free_port()
    config = folder / "dovecot.conf"
    config.write_text(_CONFIG.format(at=folder, user=own.pw_name, group=group, port=port))
    managed = start("dovecot", [str(DOVECOT), "-F", "-c", str(config)], log=folder / "log")
    settings = MailboxSettings("127.0.0.1", port, "none", "bounces", "secret", "INBOX")

    def answers() -> bool:
        try:
            with MailBoxUnencrypted("127.0.0.1", port).login("bounces", "secret"):
                return True
        except OSError:
            return False

    try:
        wait_until(answers, managed, seconds=120)
        yield settings
    finally:
        managed.stop()


def deliver(settings: MailboxSettings, mail: bytes) -> None:
    """Put an email into the mailbox, as a mail server would."""
    with MailBoxUnencrypted(settings.host, settings.port).login("bounces", "secret") as box:
        box.append(mail, "INBOX")


def unseen(settings: MailboxSettings) -> int:
    """How many emails there were not looked at."""
    with MailBoxUnencrypted(settings.host, settings.port).login("bounces", "secret") as box:
        return len(box.uids("UNSEEN"))
