"""What may stand in a runbook, how it is filled in, and how a recording becomes one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from penstock.errors import BadIdError, UsageError
from penstock.model import runbooks
from penstock.model.views.events import EventRow

TEXT = """# Roll back the load
# and look

penstock hold {dag} {run} --why "look {date}"
clear {dag} {run} load --downstream   # all of it
penstock trigger {dag} --conf '{"a": {"b": 1}}'
"""


def test_a_file_is_read_line_by_line() -> None:
    book = runbooks.parse(TEXT)
    assert book.title == "Roll back the load"
    assert book.params == ("dag", "run", "date")
    assert [step.line for step in book.steps] == [4, 5, 6]
    assert book.steps[1].words == ("clear", "{dag}", "{run}", "load", "--downstream")
    values = {"dag": "d; rm -rf /", "run": "latest", "date": "a b"}
    assert book.steps[0].filled(values) == ("hold", "d; rm -rf /", "latest", "--why", "look a b")
    assert book.steps[2].filled(values)[-1] == '{"a": {"b": 1}}'


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("rm -rf /", "'rm' is not a command"),
        ("penstock down", "'down' is not a command"),
        ("penstock up -d", "'up' is not a command"),
        ("penstock console", "'console' is not a command"),
        ("penstock runbook run other", "'runbook' is not a command"),
        ("penstock", "is not a command"),
        ("penstock pause a && penstock pause b", "'&&' is for a shell"),
        ("penstock pause a | tee x", "'|' is for a shell"),
        ("penstock pause a ; reboot", "';' is for a shell"),
        ("penstock pause $(cat x)", "is for a shell"),
        ("penstock pause `id`", "is for a shell"),
        ("penstock pause a > x", "'>' is for a shell"),
        ('penstock hold "d', "No closing quotation"),
    ],
)
def test_what_may_not_stand_there_is_refused_with_its_line(line: str, said: str) -> None:
    with pytest.raises(UsageError, match="line 3: ") as caught:
        runbooks.parse(f"# one\n\n{line}\n")
    assert said in caught.value.message


def test_parameters_must_be_given_and_known() -> None:
    book = runbooks.parse("pause {dag}\n")
    runbooks.check_values(book, {"dag": "d"})
    for values, said in (
        ({}, "it needs dag="),
        ({"dag": ""}, "it needs dag="),
        ({"dag": "d", "x": "y"}, "'x'"),
    ):
        with pytest.raises(UsageError, match=said):
            runbooks.check_values(book, values)


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".hidden", "a b", "é"])
def test_names_are_file_names(name: str) -> None:
    with pytest.raises(BadIdError):
        runbooks.check_name(name)


def act(seq: int, command: str | None, *, dag: str | None = "d", run: str | None = "r") -> EventRow:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return EventRow(
        seq=seq,
        at=at,
        actor="ada@tty",
        kind="act_hold",
        dag_id=dag,
        run_id=run,
        after=command,
        reason=f"act {seq}",
    )


def test_a_recording_becomes_commands_with_parameters() -> None:
    text = runbooks.begun("roll", "ada", 7, "2026-01-01 12:00 UTC")
    assert runbooks.parse(text).person == "ada"
    assert runbooks.parse(text).since == 7
    done = [
        act(8, "penstock hold d r --why 'a d'"),
        act(9, None),
        act(10, "penstock clear d r 'x[1]' --downstream"),
    ]
    ended = runbooks.ended(text, done)
    book = runbooks.parse(ended)
    assert (book.person, book.params) == (None, ("dag", "run"))
    assert [step.text for step in book.steps] == [
        "penstock hold {dag} {run} --why 'a d'",
        "penstock clear {dag} {run} 'x[1]' --downstream",
    ]
    assert "# not recorded, it may hold a secret: act 9" in ended
    assert "(dag was d, run was r)" in ended.replace("d was dag", "dag was d").replace(
        "r was run", "run was r"
    )
    plain = runbooks.parse(runbooks.ended(text, done, as_recorded=True))
    assert plain.steps[0].text == "penstock hold d r --why 'a d'"
    two = runbooks.ended(
        text, [act(8, "penstock pause d", run=None), act(9, "penstock pause e", dag="e", run=None)]
    )
    assert runbooks.parse(two).params == ()


@pytest.mark.parametrize("actor", ["ada@pts/3", "ada (console)", "ada@cli runbook roll", "ada"])
def test_who_a_person_is(actor: str) -> None:
    assert runbooks.person_of(actor) == "ada"
