"""Whatever a crontab says: no line is lost, nothing crashes, and the file that is written is Python."""

from __future__ import annotations

import ast
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.importing.anacron import import_anacrontab, is_anacrontab
from penstock.importing.crontab import NotACrontabError
from penstock.importing.daemons import DAEMONS
from penstock.importing.dag_file import dag_file
from penstock.importing.from_crontab import import_crontab, refused
from penstock.importing.jobs import Imported, Place

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PLACE = Place("Europe/Amsterdam", "ann", "/srv/ann", "ann", NOW, {"root": "/r"})

words = st.sampled_from(
    ["cd /x", "&&", "||", "|", "&", ";", "flock -n /l", "timeout 5", "timeout", "flock", "chronic",
     "nice -n 1",
     "[ -x /a ]", "test", "a", "'b c'", '"d', "'", "`e", "$(f", "$(date +\\%u)", "%in", "\\%", "%", ">", ">>",
     "2>&1", ">/dev/null", "&>", "<<X", "#", "{{", "{%", "%}", "${#x}", "{% endraw %}", '"""', "\\", "(", ")",
     "{", "}", "é", "\x07", "/opt/a.sh", "for", "if", "run-parts", "sh -c", "sudo", "env", "A=1", "-c", "!"]
)  # fmt: skip
commands = st.lists(words, min_size=1, max_size=8).map(" ".join)
schedules = st.sampled_from(
    [
        "0 0 * * *",
        "*/5 * * * *",
        "@daily",
        "@reboot",
        "0 22-6 * * *",
        "1~5 * * * *",
        "x",
        "* * *",
        "0 0 */2 * 1",
    ]
)
jobs = st.builds("{} {}".format, schedules, commands)
settings_of = st.builds(
    "{}={}".format,
    st.sampled_from(["A", "PATH", "MAILTO", "SHELL", "HOME", "CRON_TZ", '"Q R"', "RANDOM_DELAY"]),
    st.sampled_from(["", "x", "'a b'", '"', "/bin/zsh", "UTC", "{{x}}", "/a.sh", "a@x.org", "$A:/b", "\\"]),
)
lines = st.one_of(
    jobs, settings_of, st.builds("# {}".format, jobs), st.text(max_size=20).filter(lambda t: "\n" not in t)
)


@settings(max_examples=100, deadline=None)
@given(st.lists(lines, max_size=6), st.sampled_from(sorted(DAEMONS)), st.sampled_from([True, False, None]))
def test_any_lines_give_a_file(made: list[str], daemon: str, users: bool | None) -> None:
    text = "\n".join(made)
    try:
        found = import_crontab(text, DAEMONS[daemon], PLACE, title='an "odd" one\\', users=users)
    except NotACrontabError:
        return
    physical = text.split("\n")
    for line in found.lines:
        first = physical[line.line - 1].strip().strip("\r")
        if DAEMONS[daemon].continues and first.endswith("\\"):
            assert line.text.strip().startswith(first.rstrip("\\").strip()), "joined with the next line"
        else:
            assert first == line.text.strip()
        assert line.job is not None or line.warnings
        assert line.job is None or line.here
    numbers = [line.line for line in found.lines]
    assert numbers == sorted(set(numbers))
    names = [line.job.name for line in found.lines if line.job]
    assert len(names) == len(set(names))
    tree = ast.parse(dag_file([found], "crontab"))
    assert sum(isinstance(node, ast.With) for node in tree.body) == len(names)


def test_an_anacrontab_is_one() -> None:
    text = (
        "SHELL=/bin/sh\nSTART_HOURS_RANGE=3-22\nMAILTO=root\n1 5 cron.daily nice run-parts /etc/cron.daily\n"
    )
    text += "7\t25\tcron.weekly\trun-parts /etc/cron.weekly\n@monthly 45 m a\n5 5 five b\n0 5 never c\n"
    assert is_anacrontab(text)
    assert not is_anacrontab("7 5 * * * cron.weekly\n")
    assert not is_anacrontab("SHELL=/bin/sh\n")
    found = import_anacrontab(text, PLACE, title="an anacrontab")
    jobs = [line.job for line in found.lines]
    assert [job and (job.name, str(job.crons[0])) for job in jobs] == [
        ("cron.daily", "5 3 * * *"),
        ("cron.weekly", "25 3 * * mon"),
        ("m", "45 3 1 * *"),
        ("five", "every 432000 s"),
        None,
    ]
    first = jobs[0]
    assert first is not None
    assert first.command.startswith("sudo -n -u root env ")
    assert first.mail is not None
    assert first.mail.to == "root@localhost"
    ast.parse(dag_file([found], "crontab"))
    assert all("period" in " ".join(line.warnings) for line in found.lines)
    with pytest.raises(NotACrontabError, match="line 1"):
        import_anacrontab("x y z\n", PLACE, title="none")


def test_a_file_that_is_not_read_is_kept_as_comments() -> None:
    found = import_crontab("0 0 * * * a\n", DAEMONS["debian"], PLACE, title="one")
    none = refused(found, "its name has a dot")
    assert [(line.job, line.warnings[0]) for line in none.lines] == [(None, "its name has a dot")]
    text = dag_file([none, Imported("two", "cron", "UTC", found.lines)], "crontab")
    assert "# Line 1 is not kept: 0 0 * * * a\n# - its name has a dot" in text
    assert "# -- two --" in text
    ast.parse(text)
