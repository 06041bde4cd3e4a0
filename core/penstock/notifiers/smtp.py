"""SmtpNotifier: sends an e-mail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from penstock.authoring.checks import optional_text, seconds
from penstock.authoring.place import refuse
from penstock.notifiers.notifier import (
    DEFAULT_TEXT,
    Notifier,
    address_list,
    addresses,
    message_text,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    import smtplib
    from email.message import EmailMessage
    from typing import Any

    from penstock.authoring.checked import Check
    from penstock.authoring.context import Context
    from penstock.task_process.connections import Connection

_SECURE_PORT = 465


def _somebody(value: Any, name: str) -> str | list[str]:
    found = address_list(value, name)
    if found is None:
        refuse(f"{name} must be at least one address")
    return found


class SmtpNotifier(Notifier):
    """Sends an e-mail through the connection *smtp_conn_id*: ``smtp://host:587`` with a login.

    With a login the connection is encrypted (STARTTLS; from the start on port 465 or with type
    ``smtps``), or nothing is sent. *to*, *cc* and *bcc* are addresses; *text* and *html_content* the bodies.
    """

    template_fields: Sequence[str] = ("from_email", "to", "cc", "bcc", "subject", "text", "html_content")

    checks: Mapping[str, Check] = {
        "to": _somebody,
        **dict.fromkeys(["cc", "bcc"], address_list),
        **dict.fromkeys(["subject", "smtp_conn_id"], message_text),
        **dict.fromkeys(["from_email", "html_content", "text"], optional_text),
        "timeout": seconds,
    }

    def __init__(
        self,
        to: str | Sequence[str],
        from_email: str | None = None,
        subject: str | None = None,
        html_content: str | None = None,
        text: str | None = None,
        *,
        cc: str | Sequence[str] | None = None,
        bcc: str | Sequence[str] | None = None,
        smtp_conn_id: str = "smtp_default",
        timeout: float = 30.0,
    ) -> None:
        self.to = to
        self.cc = cc
        self.bcc = bcc
        self.from_email = from_email
        self.subject = subject or DEFAULT_TEXT
        self.html_content = html_content
        self.text = text or (None if html_content else DEFAULT_TEXT)
        self.smtp_conn_id = smtp_conn_id
        self.timeout = timeout

    def notify(self, context: Context) -> None:
        """Send it; raise if any address is refused."""
        from penstock.task_process.connections import Connection

        del context
        connection = Connection.get(self.smtp_conn_id)
        message = self._message(connection)
        blind = addresses(self.bcc, "bcc")
        receivers = [*addresses(self.to, "to"), *addresses(self.cc, "cc"), *blind]
        if not receivers:
            raise ValueError("to: this e-mail has no receiver")
        with self._open(connection) as server:
            refused = server.send_message(message, to_addrs=receivers)
        if refused:
            raise OSError(f"not delivered to {', '.join(sorted(refused))}")
        print(f"e-mail sent to {', '.join(receivers)}")  # noqa: T201 - to the log

    def _message(self, connection: Connection) -> EmailMessage:
        from email.message import EmailMessage
        from email.utils import formatdate, make_msgid

        sender = self.from_email or connection.extra_dejson.get("from_email") or connection.login
        if not sender:
            raise ValueError("from_email: this e-mail has no sender")
        message = EmailMessage()
        # One line: a subject with text from somebody else must not add headers.
        message["Subject"] = " ".join(self.subject.split())
        message["From"] = addresses(sender, "from_email")[0]
        message["To"] = ", ".join(addresses(self.to, "to"))
        if self.cc:
            message["Cc"] = ", ".join(addresses(self.cc, "cc"))
        message["Date"] = formatdate()
        message["Message-ID"] = make_msgid(domain="penstock.invalid")
        if self.text:
            message.set_content(self.text)
        if self.html_content and self.text:
            message.add_alternative(self.html_content, subtype="html")
        elif self.html_content:
            message.set_content(self.html_content, subtype="html")
        return message

    def _open(self, connection: Connection) -> smtplib.SMTP:
        import smtplib
        import ssl

        host, port = connection.host or "localhost", connection.port
        if connection.conn_type == "smtps" or port == _SECURE_PORT:
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                host, port or _SECURE_PORT, timeout=self.timeout, context=ssl.create_default_context()
            )
        else:
            server = smtplib.SMTP(host, port or 25, timeout=self.timeout)
        try:
            if connection.login:
                if not isinstance(server, smtplib.SMTP_SSL):
                    server.starttls(context=ssl.create_default_context())
                server.login(connection.login, connection.password or "")
        except BaseException:
            server.close()
            raise
        return server
