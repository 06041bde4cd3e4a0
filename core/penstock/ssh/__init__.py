"""Instances on other hosts, through the ssh on the PATH: commands there, and their engines from here."""
