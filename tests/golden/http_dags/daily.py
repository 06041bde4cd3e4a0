import datetime as dt

from penstock import DAG, EmptyOperator

with DAG("daily", schedule="@daily", start_date=dt.datetime(2026, 11, 1), catchup="none"):
    EmptyOperator(task_id="a") >> EmptyOperator(task_id="b")
