"""The Dask executor: Dask finds the workers and carries the calls; what is true, the workers' disks say.

It needs ``penstock[dask]``. The engine imports nothing of it: the client is a process of its own.
"""
