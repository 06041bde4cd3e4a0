"""What DAG files import: objects that build a spec, and bodies that run in the task child."""
