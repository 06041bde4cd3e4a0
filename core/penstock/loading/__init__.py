"""From DAG file to spec: disposable children under limits, and a watch on the folder."""
