"""From DAG files to specs: finds them, loads each in a child process, keeps the versions of runs."""
