"""Order: A before B, and C before D. The two chains know nothing of each other and run side by side."""

from __future__ import annotations

from penstock import DAG, BashOperator

with DAG("hello", description="A then B, C then D", schedule=None, tags=["sample"]):
    a = BashOperator(task_id="A", bash_command="echo 'A: hello'; sleep 1")
    b = BashOperator(task_id="B", bash_command="echo 'B: A is done'; sleep 1")
    c = BashOperator(task_id="C", bash_command="echo 'C: nobody told me about A'; sleep 1")
    d = BashOperator(task_id="D", bash_command="echo 'D: C is done'; sleep 1")

    a >> b
    c >> d
