"""Reads what other schedulers were told (crontabs, systemd timers), and writes DAG files of it.

Rules over text: what a line means to the program that it was written for, and what means the same here.
Nothing here opens a file or looks at the clock.
"""
