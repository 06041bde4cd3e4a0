"""What DAG files import: objects that build a spec, and bodies that run in the task child.

Every Python task pays for what is imported here, so these modules avoid slow imports such as typing,
dataclasses, inspect and pathlib. ``TYPE_CHECKING = False`` replaces typing's own constant; type
checkers know the name.
"""
