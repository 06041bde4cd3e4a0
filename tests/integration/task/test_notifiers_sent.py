"""Notifiers, against real servers and commands: what is sent, and what is refused."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from drive.tasks import FACTS
from fakes.servers import MailServer, WebServer, mail_server, web_server
from penstock import (
    DAG,
    EmptyOperator,
    ShellNotifier,
    SmtpNotifier,
    WebhookNotifier,
)
from penstock.authoring.context import Context
from penstock.task_process import lookup
from penstock.task_process.context_keys import build_context
from penstock.task_process.task_instance import TaskInstance, XComStore


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def web() -> Iterator[WebServer]:
    with web_server() as server:
        yield server


@pytest.fixture
def context() -> Context:
    with DAG("etl", schedule=None, params={"who": "ops"}) as dag:
        task = EmptyOperator(task_id="load")
    ti = TaskInstance(task, dag_id="etl", run_id="r1", xcoms=XComStore(None, {}))
    ti.state = "failed"
    made = build_context(dag, task, ti, {**FACTS, "dag_id": "etl", "task_id": "load", "run_id": "r1"})
    made["reason"] = "exit 1"
    return made


@pytest.fixture
def connect() -> Iterator[Any]:
    yield lambda **connections: lookup.provide({}, connections)
    lookup.provide(None, None)


def test_an_email(mail: MailServer, context: Context, connect: Any) -> None:
    connect(smtp_default=f"smtp://127.0.0.1:{mail.port}?from_email=bot%40example.com")
    notifier = SmtpNotifier(
        to=["{{ params.who }}@example.com", "b@example.com"],
        cc="c@example.com; d@example.com",
        bcc="e@example.com",
        subject="{{ ti.task_id }}\n of {{ dag.dag_id }}",
        html_content="<b>{{ reason }}</b>",
        text="because {{ reason }}",
    )
    notifier(context)
    notifier(context)
    first, second = mail.mails
    assert first.sender == "bot@example.com"
    assert first.receivers == [f"{who}@example.com" for who in ("ops", "b", "c", "d", "e")]
    assert first.message["Subject"] == "load of etl"
    assert first.message["To"] == "ops@example.com, b@example.com"
    assert first.message["Bcc"] is None
    text, html = first.message.iter_parts()
    assert text.get_content().strip() == "because exit 1"
    assert html.get_content().strip() == "<b>exit 1</b>"
    assert second.message["Message-ID"] != first.message["Message-ID"]


def test_an_email_without_words_says_what_happened(mail: MailServer, context: Context, connect: Any) -> None:
    connect(other=f"smtp://127.0.0.1:{mail.port}")
    SmtpNotifier("a@example.com", "bot@example.com", smtp_conn_id="other")(context)
    (one,) = mail.mails
    assert one.message["Subject"] == "etl r1: load is failed: exit 1"
    assert one.message.get_content().strip() == "etl r1: load is failed: exit 1"


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"to": ["refused@example.com", "a@example.com"]}, OSError, "not delivered to refused@example.com"),
        ({"to": "refused@example.com"}, smtplib.SMTPRecipientsRefused, "refused@example.com"),
        ({"to": "not an address"}, ValueError, "is not an e-mail address"),
        ({"to": ["a@example.com\nBcc: x@example.com"]}, ValueError, "is not an e-mail address"),
        ({"to": ""}, ValueError, "has no receiver"),
        ({"to": "a@example.com", "from_email": ""}, ValueError, "has no sender"),
        ({"to": "a@example.com", "smtp_conn_id": "nope"}, LookupError, "nope"),
    ],
)
def test_an_email_that_cannot_be_sent_is_an_error(
    arguments: Any, error: type[Exception], message: str, mail: MailServer, context: Context, connect: Any
) -> None:
    connect(smtp_default=f"smtp://127.0.0.1:{mail.port}")
    with pytest.raises(error, match=message):
        SmtpNotifier(**{"from_email": "bot@example.com", **arguments})(context)


def test_a_password_is_not_sent_in_the_clear(mail: MailServer, context: Context, connect: Any) -> None:
    connect(smtp_default=f"smtp://me:secret@127.0.0.1:{mail.port}")
    with pytest.raises(smtplib.SMTPNotSupportedError):
        SmtpNotifier("a@example.com", "bot@example.com")(context)
    assert mail.mails == []


def test_a_webhook(web: WebServer, context: Context, connect: Any) -> None:
    connect(hook="http://x:s3cret@nowhere")
    WebhookNotifier(
        f"http://127.0.0.1:{web.port}/{{{{ dag.dag_id }}}}",
        {"text": "{{ reason }}", "n": 3, "list": ["{{ ds }}"]},
        headers={"Authorization": "Bearer {{ conn.hook.password }}"},
        method="PUT",
    )(context)
    WebhookNotifier(f"http://127.0.0.1:{web.port}/plain", "{{ reason }}")(context)
    WebhookNotifier(f"http://127.0.0.1:{web.port}/none")(context)
    first, plain, none = web.requests
    assert (first.method, first.path) == ("PUT", "/etl")
    assert first.json == {"text": "exit 1", "n": 3, "list": ["2026-01-15"]}
    assert first.headers["Authorization"] == "Bearer s3cret"
    assert plain.body == b"exit 1"
    assert none.json == {"text": "etl r1: load is failed: exit 1"}


def test_a_webhook_that_fails(web: WebServer, context: Context) -> None:
    with pytest.raises(OSError, match=r"answered 500 .*out of order"):
        WebhookNotifier(f"http://127.0.0.1:{web.port}/broken")(context)
    with pytest.raises(ValueError, match="neither http nor https"):
        WebhookNotifier("file:///etc/passwd")(context)
    with pytest.raises(OSError, match="refused"):
        WebhookNotifier("http://127.0.0.1:1/")(context)


def test_a_command_hears_of_it_by_its_environment(tmp_path: Path, context: Context) -> None:
    out = tmp_path / "said"
    context["reason"] = "$(touch /tmp/never) `id`"
    command = f'printf "%s|%s|%s|%s" "$PENSTOCK_REASON" "$PENSTOCK_STATE" "$WHO" "$PENSTOCK_MESSAGE" > {out}'
    ShellNotifier(command, env={"WHO": "{{ params.who }}"}, message="{{ ti.task_id }}")(context)
    assert out.read_text() == "$(touch /tmp/never) `id`|failed|ops|load"
    with pytest.raises(OSError, match="exit code 3"):
        ShellNotifier("exit 3")(context)
