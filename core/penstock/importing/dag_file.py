"""Writes the DAG file of what was imported: small, and with a comment where something means another thing."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest

from penstock.importing.jobs import Imported, Job, Line, Mail
from penstock.importing.python_text import WIDTH, call, comment, literal, mapping
from penstock.importing.script import as_template
from penstock.importing.written import Written

_Env = tuple[tuple[str, str], ...]


def dag_file(found: Sequence[Imported], tag: str) -> str:
    """Return the text of a DAG file with every job, and every line that is not kept as a comment.

    *tag* is that of all DAGs: where they came from.
    """
    lines = [line for each in found for line in each.lines]
    jobs = [line.job for line in lines if line.job is not None]
    names = _Names(jobs)
    out = [*_opening(found), *_imports(jobs), ""]
    if jobs:
        out += [f'ZONE = "{names.zone}"', *names.environments(), *names.mails(), *_shared(names, tag)]
        out += ["", "", *(_AT if _has_crons(jobs) else []), "", ""]
    often = _said_often(lines) if len(found) == 1 else {}
    for text, numbers in often.items():
        out += comment(f"Lines {_listed(numbers)}: {text}.", rest="#   ")
    same = False  # several lines of one DAG stand together above it
    for each in found:
        if len(found) > 1:
            out += ["", "", *comment(f"-- {each.title} --")]
        for line, following in zip_longest(each.lines, each.lines[1:]):
            out += ["", "", *_heading(line, often)] if not same else _heading(line, often)
            same = line.job is not None and following is not None and following.job == line.job
            if line.job is not None and not same:
                out += [*_dag(line.job, names, tag), *_task(line.job, names)]
    return "\n".join(_spaced(out)) + "\n"


def _said_often(lines: Sequence[Line]) -> dict[str, list[int]]:
    """Return the warnings that several lines have, with the numbers of those lines: they are said once."""
    numbers: dict[str, list[int]] = {}
    for line in lines:
        if line.job is not None:
            for warning in line.warnings:
                numbers.setdefault(warning, []).append(line.line)
    return {text: where for text, where in numbers.items() if len(where) > 1}


def _listed(numbers: Sequence[int]) -> str:
    return f"{', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"


_AT = [
    "def at(*crons, timezone=ZONE, **meaning):",
    '    """Return a schedule that waits for the next time, and never starts at once."""',
    "    return MultipleCronTriggerTimetable(",
    "        *crons, timezone=timezone, run_immediately=False, **meaning",
    "    )",
]


def _spaced(lines: Iterable[str]) -> list[str]:
    """Return *lines* with never more than two empty ones in a row."""
    kept: list[str] = []
    for line in lines:
        if line == "" and kept[-2:] == ["", ""]:
            continue
        kept.append(line)
    while kept and not kept[-1]:
        kept.pop()
    return kept


def _opening(found: Sequence[Imported]) -> list[str]:
    titles = [each.title for each in found]
    program = found[0].program if found else "cron"
    if len(titles) > 2:
        titles = [f"{len(titles)} {'timers' if program == 'systemd' else 'crontabs'}"]
    old = "disable its timer" if program == "systemd" else "take its line out there"
    codes = "" if program == "systemd" else f"; {program} did not look at exit codes"
    text = (
        f"Every schedule is paused. To move a job, {old}, then unpause its DAG here (penstock unpause "
        f"DAG). Comments say what differs. A command that fails is a failed task{codes}."
    )
    return [
        f'"""Jobs of {_safe(" and ".join(titles))}, as {program} ran them.',
        "",
        *textwrap.wrap(text, WIDTH),
        '"""',
        "",
    ]


def _safe(text: str) -> str:
    return text.replace("\\", "/").replace('"', "'")


def _has_crons(jobs: Sequence[Job]) -> bool:
    return any(cron.every is None for job in jobs for cron in job.crons)


def _imports(jobs: Sequence[Job]) -> list[str]:
    if not jobs:
        return []
    names = ["DAG", "BashOperator"]
    if _has_crons(jobs):
        names.append("MultipleCronTriggerTimetable")
    if any(job.mail for job in jobs):
        names.append("SmtpNotifier")
    intervals = any(cron.every is not None for job in jobs for cron in job.crons)
    return [
        *(["from datetime import timedelta", ""] if intervals else []),
        f"from penstock import {', '.join(names)}",
    ]


class _Names:
    """The constants of the file: what jobs share has a name and is written once."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self.zone = Counter(job.zone for job in jobs).most_common(1)[0][0] if jobs else "UTC"
        self.cwd = _usual([job.cwd for job in jobs])
        self._envs: dict[_Env, str] = {}
        self._mails: dict[Mail, str] = {}
        for job in jobs:
            self._envs.setdefault(_key(job.env), f"ENV_{len(self._envs) + 1}" if self._envs else "ENV")
            if job.mail:
                self._mails.setdefault(job.mail, f"MAIL_{len(self._mails) + 1}" if self._mails else "MAIL")
        self.usual_env = _usual([self.env(job) for job in jobs]) or "ENV"

    def env(self, job: Job) -> str:
        """Return the name of a job's environment."""
        return self._envs[_key(job.env)]

    def mail(self, job: Job) -> str | None:
        """Return the name of who is told that a job failed."""
        return None if job.mail is None else self._mails[job.mail]

    def environments(self) -> list[str]:
        """Return the environments as Python; each after the first says what differs from it."""
        out: list[str] = []
        first: dict[str, str] = {}
        for env, name in self._envs.items():
            values = dict(env)
            differing = {key: value for key, value in values.items() if first.get(key) != value}
            whole = not first or not set(first) <= set(values)
            items = [
                (key, literal(as_template(text))) for key, text in (values if whole else differing).items()
            ]
            out += mapping(name, items, None if whole else "ENV")
            first = first or values
        return out

    def mails(self) -> list[str]:
        """Return who is told, as Python."""
        out = []
        for mail, name in self._mails.items():
            out += call(
                f"{name} = SmtpNotifier",
                [literal(as_template(mail.to)), literal(as_template(mail.sender))],
                0,
            )
        return out


def _key(env: Mapping[str, str]) -> _Env:
    return tuple(sorted(env.items()))


def _usual(values: Sequence[str | None]) -> str | None:
    known = Counter(value for value in values if value is not None)
    return known.most_common(1)[0][0] if known else None


def _shared(names: _Names, tag: str) -> list[str]:
    defaults = [("env", names.usual_env)]
    if names.cwd is not None:
        defaults.append(("cwd", literal(as_template(names.cwd))))
    inner = ", ".join(f"{literal(key)}: {value}" for key, value in defaults)
    return [
        "# Nothing is caught up, and exit code 99 is a failure like any other.",
        "JOB = {",
        '    "catchup": "none",',
        '    "is_paused_upon_creation": True,',
        f'    "tags": [{literal(tag)}],',
        *_fitting(f'    "default_args": {{{inner}, "skip_on_exit_code": None}},', defaults),
        "}",
    ]


def _fitting(line: str, defaults: Sequence[tuple[str, str]]) -> list[str]:
    if len(line) <= WIDTH:
        return [line]
    items = [*defaults, ("skip_on_exit_code", "None")]
    return [
        '    "default_args": {',
        *(f"        {literal(key)}: {value}," for key, value in items),
        "    },",
    ]


def _heading(line: Line, often: Mapping[str, object]) -> list[str]:
    job = line.job
    head = f"# Line {line.line}: " if job else f"# Line {line.line} is not kept: "
    out = comment(line.text, first=head, wrap=False)
    for warning in line.warnings if job is None else (one for one in line.warnings if one not in often):
        out += comment(warning, first="# - ", rest="#   ")
    return out


def _dag(job: Job, names: _Names, tag: str) -> list[str]:
    arguments = [literal(job.name)]
    if job.description:
        arguments.append(f"description={literal(job.description)}")
    arguments.append(f"schedule={_schedule(job.crons, job.zone, names.zone)}")
    if job.overlap is not None:
        arguments.append("max_active_runs=1")
    if job.overlap == "skip":
        arguments.append('overlap="skip"')
    if (mail := names.mail(job)) is not None:
        arguments.append(f"on_failure_callback={mail}")
    if job.off:
        arguments.append(f'**{{**JOB, "tags": [{literal(tag)}, "commented-out"]}}')
    else:
        arguments.append("**JOB")
    return call("with DAG", arguments, 0, wide=True, end=":")


def _schedule(crons: Sequence[Written], zone: str, usual: str) -> str:
    if crons[0].every is not None:
        return f"timedelta(seconds={literal(crons[0].every)})"
    arguments = [literal(cron.cron) for cron in crons]
    if zone != usual:
        arguments.append(f"timezone={literal(zone)}")
    first = crons[0]
    if first.seconds:
        arguments.append(f"seconds={literal(first.seconds)}")
    if first.days:
        arguments.append(f"days={literal(first.days)}")
    return f"at({', '.join(arguments)})"


def _task(job: Job, names: _Names) -> list[str]:
    arguments = [
        f"task_id={literal(job.name)}",
        f"bash_command={literal(as_template(job.command, command=True))}",
    ]
    if job.cwd != names.cwd:
        arguments.append(f"cwd={literal(None if job.cwd is None else as_template(job.cwd))}")
    if names.env(job) != names.usual_env:
        arguments.append(f"env={names.env(job)}")
    if job.skip_code is not None:
        arguments.append(f"skip_on_exit_code={job.skip_code}")
    if job.timeout is not None:
        arguments.append(f"execution_timeout={literal(job.timeout)}")
    if job.grace is not None:
        arguments.append(f"stop_grace={literal(job.grace)}")
    if job.owner is not None:
        arguments.append(f"owner={literal(job.owner)}")
    return call("BashOperator", arguments, 4)
