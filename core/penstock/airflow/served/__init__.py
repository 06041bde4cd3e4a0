"""What DAG files import from Airflow and Penstock has under no name of its own."""
