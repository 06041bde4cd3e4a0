from penstock import DAG, Asset, EmptyOperator

with DAG("report", schedule=[Asset("sales_mart", uri="file:///mart/sales.csv")]):
    EmptyOperator(task_id="draw", outlets=[Asset("report", uri="file:///mart/report.html")])
