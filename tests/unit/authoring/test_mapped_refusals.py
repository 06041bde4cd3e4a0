"""Mapped tasks that cannot be: each refused at its line, with what is wrong."""

from __future__ import annotations

import pytest

from penstock.authoring import scope
from penstock.authoring.collect import collect
from penstock.errors import DagFileError
from penstock.loading.serialize import to_spec

HEAD = """
from penstock import DAG, BashOperator, task, task_group
with DAG("d", schedule=None):
    @task
    def gen(): return [1]
    @task
    def f(x, y=0): return x
    @task
    def dated(ds=None): return ds
    @task_group
    def g(x): return f(x)
    @task_group
    def outer(x): g.expand(x=[1])
"""


def load(line: str) -> None:
    """Make the DAG of the head with one more line."""
    namespace = {"__file__": "mapped_case.py", "__name__": "mapped_case"}
    exec(compile(f"{HEAD}    {line}\n", "mapped_case.py", "exec"), namespace)
    to_spec(collect(namespace)[0], "mapped_case.py")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("f.expand()", "at least one argument"),
        ("f.expand(x='abc')", "cannot map over x='abc', a str"),
        ("f.expand(z=[1])", "unexpected argument 'z'"),
        ("f.partial(x=1).expand(x=[1])", "already given to partial()"),
        ("f.expand(ds=[1])", "unexpected argument 'ds'"),
        ("dated.expand(ds=[1])", "key of the context"),
        ("f.expand_kwargs([1])", "list of dicts"),
        ("f.override(trigger_rule='always').expand(x=gen())", "cannot be 'always'"),
        ("outer.expand(x=[1])", "mapped inside the mapped group"),
        ("g.expand(z=[1])", "unexpected argument 'z'"),
        ("gen().map(f)", "takes a plain function"),
        ("gen()['k'].map(str)", "not on its key 'k'"),
        ("gen().zip([1])", "take outputs of tasks"),
        ("f.expand(x=[0] * 200, y=[0] * 200)", "40,000 instances"),
        ("BashOperator.partial(bash_command='x').expand(env=[{}])", "needs task_id"),
        ("BashOperator.partial(task_id='b').expand(bash_comand=['x'])", "did you mean 'bash_command'"),
        ("BashOperator.partial(task_id='b').expand(retries=[1])", "give it to partial()"),
    ],
)
def test_refused(line: str, words: str) -> None:
    with scope.fresh(), pytest.raises(DagFileError) as caught:
        load(line)
    assert words in str(caught.value)
    assert caught.value.line is not None
