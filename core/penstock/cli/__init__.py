"""The command line: one verb, one file. Data goes to stdout, talk to stderr.

Modules here import at their top only what every verb needs, because start-up is most of what a
command costs: everything else is imported where it is used.
"""
