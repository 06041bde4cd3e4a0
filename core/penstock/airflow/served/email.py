"""E-mail over our notifier: the same connection (``smtp_default``), the same rules about encryption."""

from __future__ import annotations

from collections.abc import Sequence

from penstock.authoring.operator import Operator
from penstock.notifiers.smtp import SmtpNotifier

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from penstock.authoring.context import Context


class EmailOperator(Operator):
    """Sends an e-mail through the connection *conn_id*."""

    template_fields: Sequence[str] = ("to", "subject", "html_content", "from_email", "cc", "bcc")
    template_ext: Sequence[str] = (".html",)

    def __init__(
        self,
        *,
        to: Any,
        subject: str,
        html_content: str = "",
        files: Sequence[Any] | None = None,
        cc: Any = None,
        bcc: Any = None,
        from_email: str | None = None,
        mime_subtype: str = "mixed",
        mime_charset: str = "utf-8",
        conn_id: str | None = None,
        custom_headers: Any = None,
        task_id: str,
        **task: Any,
    ) -> None:
        super().__init__(task_id=task_id, **task)
        del mime_subtype, mime_charset, custom_headers
        self.to = to
        self.subject = subject
        self.html_content = html_content
        self.files = files
        self.cc = cc
        self.bcc = bcc
        self.from_email = from_email
        self.conn_id = conn_id or "smtp_default"

    def execute(self, context: Context) -> None:
        """Send it; raise ValueError for attachments, which are not sent."""
        if self.files:
            raise ValueError("files: attachments are not sent here")
        send_email(
            self.to, self.subject, self.html_content, cc=self.cc, bcc=self.bcc, from_email=self.from_email,
            conn_id=self.conn_id, context=context,
        )  # fmt: skip


def send_email(
    to: Any,
    subject: str,
    html_content: str,
    files: Sequence[Any] | None = None,
    dryrun: bool = False,
    cc: Any = None,
    bcc: Any = None,
    mime_subtype: str = "mixed",
    mime_charset: str = "utf-8",
    conn_id: str | None = None,
    from_email: str | None = None,
    context: Context | None = None,
    **more: Any,
) -> None:
    """Send an e-mail; raise ValueError for attachments, and whatever the server refuses."""
    del mime_subtype, mime_charset, more
    if files:
        raise ValueError("files: attachments are not sent here")
    if dryrun:
        return
    notifier = SmtpNotifier(
        to=to,
        subject=subject,
        html_content=html_content or " ",
        cc=cc,
        bcc=bcc,
        from_email=from_email,
        smtp_conn_id=conn_id or "smtp_default",
    )
    notifier.notify(context)  # type: ignore[arg-type]  # what is sent is rendered already
