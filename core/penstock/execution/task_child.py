"""The old name of `penstock.task_process.main` in orders of 0.1; see `penstock.old_names`."""

from __future__ import annotations

if __name__ == "__main__":
    import runpy

    runpy.run_module("penstock.task_process.main", run_name="__main__", alter_sys=True)
else:
    from penstock.old_names import stand_in

    stand_in(__name__)
