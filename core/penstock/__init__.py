"""Penstock: the operations console for data pipelines that lives in the terminal.

DAG files import from here: ``from penstock import DAG, BashOperator``.
"""

__version__ = "0.1.0"
