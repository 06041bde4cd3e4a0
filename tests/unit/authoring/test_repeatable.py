"""Which DAG files may be executed once for many tasks, told from their text."""

from __future__ import annotations

import pytest

from penstock.authoring.repeatable import why_not_repeatable

OURS = "from penstock import DAG, BashOperator, PythonOperator, Variable, dag, task, task_group\n"

SAME = {
    "words alone": "with DAG('d'):\n    BashOperator(task_id='t', bash_command='true')",
    "a loop": "with DAG('d'):\n    for n in range(3):\n"
    "        PythonOperator(task_id=f't{n}', python_callable=len)",
    "dates": "import datetime as dt\nfrom datetime import timedelta\n"
    "DAG('d', start_date=dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc), schedule=timedelta(days=1))",
    "a task that looks at everything": "import os, time\nimport random\n@task\ndef t():\n"
    "    import pandas\n    print(os.environ, time.time(), random.random(), Variable.get('x'))\n"
    "with DAG('d'):\n    t() >> t.override(task_id='u')()",
    "a callable that does": "import time\ndef f():\n    return time.time()\n"
    "with DAG('d'):\n    PythonOperator(task_id='t', python_callable=f)",
    "a lambda that does": "import time\nwith DAG('d'):\n"
    "    PythonOperator(task_id='t', python_callable=lambda: time.time())",
    "a function of the file": "def name(n):\n    return 't{}'.format(n).upper()\n"
    "with DAG(name(1)):\n    pass",
    "under @dag": "@dag(schedule=None)\ndef d():\n"
    "    @task.bash\n    def t():\n        return 'true'\n    t()\nd()",
    "mapped": "@task\ndef t(n):\n    return n\nwith DAG('d'):\n    t.expand(n=[1, 2])\n"
    "    BashOperator.partial(task_id='b').expand(bash_command=t.expand(n=[3]))",
    "for type checkers": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import pandas\nDAG('d')",
    "paths": "from pathlib import Path\nimport os.path\nDAG('d', doc_md=str(Path(__file__).parent / 'x'), "
    "template_searchpath=os.path.join(os.path.dirname(__file__), 'sql'))",
    "Airflow's core": "from airflow import DAG\nfrom airflow.models import Variable\n"
    "from airflow.operators.python import PythonOperator\n"
    "from airflow.decorators import task\nimport pendulum\n"
    "with DAG('d', start_date=pendulum.datetime(2026, 1, 1)):\n    PythonOperator(task_id='t', "
    "python_callable=print)",
    "a logger": "import logging\nlog = logging.getLogger(__name__)\n@task\ndef t():\n    log.info('x')\n",
}

DIFFERENT = {
    "the clock": ("from datetime import datetime\nDAG('d', start_date=datetime.now())", "datetime.now"),
    "the clock by another name": ("from time import time as t\nx = t()", "time.time"),
    "the clock in an f-string": ("import time\nDAG(f'd{time.time()}')", "time.time"),
    "the clock in a default": ("import time\ndef f(at=time.time()):\n    pass", "time.time"),
    "the clock in a function": ("import time\ndef f():\n    return time.time()\nDAG(str(f()))", "time.time"),
    "the clock under @dag": ("import time\n@dag\ndef d():\n    time.ctime()\nd()", "ctime"),
    "the clock in a group": ("import time\n@task_group\ndef g():\n    time.sleep(1)\n", "time.sleep"),
    "the environment": ("import os\nDAG(os.environ['X'])", "environ"),
    "its name alone": ("from os import environ\nDAG(environ.get('X'))", "environ"),
    "its function": ("import os\nDAG(os.getenv('X'))", "os.getenv"),
    "a variable": ("DAG(Variable.get('x'))", "Variable"),
    "a variable by another name": ("from penstock import Variable as V\nDAG(V.get('x'))", "V"),
    "a variable through its package": ("import penstock\nDAG(penstock.Variable.get('x'))", "Variable"),
    "a file": ("DAG(open('x').read())", "open"),
    "a file by its path": ("from pathlib import Path\nDAG(Path('x').read_text())", "read_text"),
    "a folder": ("import glob\nfor each in glob.glob('*'):\n    DAG(each)", "glob.glob"),
    "chance": ("import random\nDAG(str(random.random()))", "random.random"),
    "output": ("print('loaded')", "print"),
    "a log line": ("import logging\nlogging.getLogger('x').info('loaded')", "info"),
    "a module beside it": ("from beside import x", "beside"),
    "a package": ("import pandas as pd", "pandas"),
    "a relative import": ("from . import x", "a package"),
    "everything of a module": ("from os.path import *", "os.path"),
    "a class": ("class C:\n    pass", "class C"),
    "a loop without an end": ("while True:\n    pass", "any time"),
    "a function by another name": ("import time\nnow = time.time\nDAG(str(now()))", "now"),
    "a function in a loop": ("def f():\n    pass\nfor g in (f,):\n    g()", "g()"),
    "a parameter": ("def f(g):\n    return g()\nf(len)", "g()"),
    "a key": ("def f(x):\n    return 1\nsorted([1], key=f)", "calls back"),
    "two of one name": ("def f():\n    pass\ndef f():\n    pass\nf()", "more than one f"),
    "a decorator of others": ("import functools\n@functools.cache\ndef f():\n    pass", "decorator"),
    "a group made by a call": ("import time\ndef g():\n    time.sleep(1)\ntask_group(g)()", "not known"),
    "what a call gives": ("import functools\nfunctools.partial(open, 'x')()", "not known"),
    "what a list holds": ("[open][0]('x')", "not known"),
    "code in a string": ("eval('1')", "eval"),
    "a built-in that was replaced": ("import time\nlen = time.time\nDAG(str(len()))", "len"),
    "Airflow's days_ago": ("from airflow.utils.dates import days_ago", "airflow.utils.dates"),
    "a provider": ("from airflow.providers.http.hooks.http import HttpHook", "airflow.providers.http"),
    "pendulum's clock": ("import pendulum\nDAG('d', start_date=pendulum.today())", "pendulum.today"),
    "dbt": ("from penstock import DbtDag\nDbtDag('d', project_dir='x')", "DbtDag"),
    "what is no Python": ("def", "cannot be parsed"),
}  # fmt: skip


@pytest.mark.parametrize("body", SAME.values(), ids=SAME)
def test_what_is_the_same_each_time(body: str) -> None:
    assert why_not_repeatable((OURS + body).encode()) is None


@pytest.mark.parametrize(("body", "because"), DIFFERENT.values(), ids=DIFFERENT)
def test_what_may_differ(body: str, because: str) -> None:
    why = why_not_repeatable((OURS + body).encode())
    assert why is not None
    assert because in why
