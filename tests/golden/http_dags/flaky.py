from penstock import DAG, BashOperator, PythonOperator


def boom():
    raise ValueError("boom at row 7")


with DAG("flaky", schedule=None, tags=["broken"], default_args={"owner": "ops"}):
    bad = PythonOperator(task_id="bad", python_callable=boom, retries=1, retry_delay=1)
    slow = BashOperator(
        task_id="slow",
        bash_command="for i in $(seq {{ dag_run.conf.get('seconds', 3) }}); do echo tick $i; sleep 1; done",
        stop_grace=1,
    )
    after = BashOperator(task_id="after", bash_command="echo never")
    bad >> after
