"""A template that would eat the machine ends in a clear error that names its field."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest

from drive.tasks import Runs
from penstock import DAG, PythonOperator
from penstock.task_process import template_limits


def rendered(tmp_path: Path, text: str, **options: Any) -> Any:
    """Return how a task ended that got *text* as an argument."""
    dag = DAG("d", schedule=None, **options)
    PythonOperator(task_id="a", python_callable=lambda value: value, op_args=[text], dag=dag)
    return Runs(tmp_path).here(dag, "a")


HUGE = [
    ("{{ 'x' * 10**10 }}", "repeating something gives more than"),
    ("{{ 10**9 * 'x' }}", "repeating something gives more than"),
    ("{{ [0] * 10**9 }}", "repeating something gives more than"),
    ("{{ 9**(9**9) }}", "a power of more than"),
    ("{{ (10**300000) * (10**300000) * 3 }}", "of more than"),
    ("{{ 'x'.center(10**9) }}", "center gives more than"),
    ("{{ 'x'.ljust(10**9) }}", "ljust gives more than"),
    ("{{ '7'.zfill(10**9) }}", "zfill gives more than"),
    ("{{ ('\\t' * 1000).expandtabs(10**6) }}", "expandtabs gives more than"),
    ("{{ ('a' * 10000).replace('a', 'b' * 10000) }}", "replace gives more than"),
    ("{{ '%1000000000d' % 3 }}", "a format "),
    ("{{ '%*d' % (10**9, 3) }}", "a format "),
    ("{{ '{:>1000000000}'.format(3) }}", "a format "),
    ("{{ '{:>{}}'.format(3, 10**9) }}", "a format "),
    ("{{ '{:>{w}}'.format(3, w=10**9) }}", "a format "),
    ("{{ '%.1000000000f' % 3 }}", "a format "),
    ("{{ '%1000000000d' | format(3) }}", "a format "),
    ("{{ 'x' | center(10**9) }}", "the filter 'center' gives more than"),
    ("{{ 'x\ny' | indent(10**9) }}", "the filter 'indent' gives more than"),
    ("{{ 'x\ny' | indent(width=10**9) }}", "the filter 'indent' gives more than"),
    ("{{ {} | tojson(10**9) }}", "the filter 'tojson' gives more than"),
    ("{% for i in range(99999) %}{{ 'x' * 1000 }}{% endfor %}", "what it makes gives more than"),
]


@pytest.mark.parametrize(("text", "message"), HUGE)
@pytest.mark.parametrize("native", [False, True])
def test_one_that_would_be_huge_is_refused(tmp_path: Path, text: str, message: str, native: bool) -> None:
    if native and "what it makes" in message:
        pytest.skip("a native template is looked at by its memory")
    ran = rendered(tmp_path, text, render_template_as_native_obj=native)
    assert ran.kind == "failed"
    assert ran.ending.reason.startswith("TemplateLimitError: the template of op_args takes too much: ")
    assert message in ran.ending.reason


def test_a_range_that_is_too_long_is_refused(tmp_path: Path) -> None:
    ran = rendered(tmp_path, "{{ range(10**9) | list }}")
    assert (ran.kind, "Range too big" in ran.ending.reason) == ("failed", True)


@pytest.mark.parametrize("native", [False, True])
def test_one_that_never_ends_runs_out_of_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, native: bool
) -> None:
    monkeypatch.setattr(template_limits, "MOST_SECONDS", 0.2)
    loops = "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}"
    ran = rendered(tmp_path, loops, render_template_as_native_obj=native)
    assert "the template of op_args takes too much: more than 0.2 s of CPU time" in ran.ending.reason
    assert signal.getsignal(signal.SIGPROF) == signal.SIG_DFL
    assert signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0)


def test_one_that_grows_and_grows_runs_out_of_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(template_limits, "MOST_MEMORY", 64 << 20)
    text = "{% set n = namespace(x='a') %}{% for i in range(28) %}{% set n.x = n.x ~ n.x %}{% endfor %}"
    loops = "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}"
    ran = rendered(tmp_path, text + loops)
    assert "the template of op_args takes too much: more than 64 MiB of memory" in ran.ending.reason


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{{ 'ab' * 3 }}{{ 2**10 }}{{ 7 % 4 }}", "ababab10243"),
        ("{{ 'x'.center(5) }}|{{ '%5d' % 3 }}|{{ '{:>3}'.format(1) }}", "  x  |    3|  1"),
        ("{{ 'a,b'.replace(',', ';') }} {{ 'x' | center(3) }} {{ '%s-%s' | format(1, 2) }}", "a;b  x  1-2"),
        ("{{ 'order 12345678901234 %s' % ds }}", "order 12345678901234 2026-01-15"),
        ("{{ 'order 12345678901234 {}'.format(ds) }}", "order 12345678901234 2026-01-15"),
        (
            "{{ '{} {:,}'.format(10**12, 10**9) }} {{ '%d' % (10**12) }}",
            "1000000000000 1,000,000,000 1000000000000",
        ),
        ("{{ '{:>{w}}'.format(3, w=4) }}{{ '%*d' % (3, 1) }}", "   3  1"),
        ("{{ logical_date.strftime('%Y%m%d') }} {{ '{:%Y}'.format(logical_date) }}", "20260115 2026"),
        ("{{ range(3) | list | tojson }}", "[0, 1, 2]"),
        ("{{ 'x\ny' | indent(2) }}", "x\n  y"),
    ],
)
def test_what_is_usual_works(tmp_path: Path, text: str, value: str) -> None:
    ran = rendered(tmp_path, text)
    assert ran.xcoms == {"return_value": value}
