"""From DAG files to specs: find them, load each in a disposable child, keep what runs are pinned to."""
