"""What leaves the store: frozen values for the console, the command line and scripts, a file a subject.

All times are aware datetimes in UTC, durations seconds, sizes bytes. The field names are the names in
``--json`` output, so they must not change.
"""
