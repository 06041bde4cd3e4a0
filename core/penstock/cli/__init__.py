"""The command line: one file per command. Data goes to stdout, messages to stderr.

Modules here import at the top only what every command needs, because start-up is most of the cost of
a command. Everything else is imported where it is used.
"""
