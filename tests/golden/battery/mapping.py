"""What the reference ran to measure task mapping, with our names."""

from penstock import DAG, AirflowSkipException, BashOperator, get_current_context, task, task_group

with DAG("map_cross", schedule=None):

    @task
    def f(x, y, z=0):
        return [x, y, z]

    @task
    def red(v):
        return list(v)

    red(f.partial(z=9).expand(x=[1, 2, 3], y=["a", "b"]))

with DAG("map_empty", schedule=None):

    @task
    def gen():
        return []

    @task
    def f(x):
        return x

    @task
    def red(v):
        return list(v)

    @task(trigger_rule="all_done")
    def red2(v):
        return list(v)

    m = f.expand(x=gen())
    red(m)
    red2(m)

with DAG("map_dict", schedule=None):

    @task
    def gen():
        return {"a": 1, "b": 2}

    @task
    def f(x):
        return list(x)

    f.expand(x=gen())

with DAG("map_kwargs", schedule=None):

    @task
    def gen():
        return [{"x": 1, "y": 2}, {"x": 3, "y": 4}]

    @task
    def f(x, y):
        return x * 10 + y

    f.expand_kwargs(gen())

with DAG("map_zip_concat", schedule=None):

    @task
    def a():
        return [1, 2, 3]

    @task
    def b():
        return ["x", "y"]

    @task
    def f(v):
        return v

    A, B = a(), b()
    f.override(task_id="zip_").expand(v=A.zip(B))
    f.override(task_id="zipfill").expand(v=A.zip(B, fillvalue=None))
    f.override(task_id="concat").expand(v=A.concat(B))
    f.override(task_id="mapped").expand(v=A.map(lambda q: q * 2))

with DAG("map_map_skip", schedule=None):

    @task
    def a():
        return [1, 2, 3]

    def sk(q):
        if q == 2:
            raise AirflowSkipException("s")
        return q

    @task
    def f(v):
        return v

    @task
    def red(v):
        return list(v)

    @task(trigger_rule="none_failed")
    def red2(v):
        return list(v)

    m = f.expand(v=a().map(sk))
    red(m)
    red2(m)

with DAG("map_some_fail", schedule=None):

    @task
    def f(v):
        if v == 2:
            raise ValueError("x")
        return v

    @task
    def red(v):
        return list(v)

    @task(trigger_rule="all_done")
    def red2(v):
        return list(v)

    m = f.expand(v=[1, 2, 3])
    red(m)
    red2(m)

with DAG("map_none_return", schedule=None):

    @task
    def f(v):
        return None if v == 2 else v

    @task
    def red(v):
        return list(v)

    red(f.expand(v=[1, 2, 3]))

with DAG("map_bad_type", schedule=None):

    @task
    def gen():
        return "abc"

    @task
    def f(v):
        return v

    f.expand(v=gen())

with DAG("map_none_source", schedule=None):

    @task
    def gen():
        return None

    @task
    def f(v):
        return v

    f.expand(v=gen())

with DAG("map_group", schedule=None):

    @task
    def one(x):
        return x + 1

    @task
    def two(y):
        if y == 3:
            raise ValueError("x")
        return y * 10

    @task(trigger_rule="all_done")
    def after():
        return "after"

    @task_group
    def g(x):
        return two(one(x))

    @task(trigger_rule="all_done")
    def red(v):
        return list(v)

    red(g.expand(x=[1, 2, 3]))

with DAG("map_chain", schedule=None):

    @task
    def one(x):
        return x + 1

    @task
    def two(y):
        return y * 10

    two.expand(y=one.expand(x=[1, 2, 3]))

with DAG("map_classic", schedule=None):
    BashOperator.partial(task_id="b", do_xcom_push=True).expand(
        bash_command=["echo 1", "echo 2"], env=[{"A": "1"}, {"A": "2"}]
    )

with DAG("map_index_tpl", schedule=None):

    @task(map_index_template="{{ nm }}")
    def f(v):
        get_current_context()["nm"] = f"n-{v}"
        return v

    f.expand(v=["a", "b"])
