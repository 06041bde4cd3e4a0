"""Which Pythons and dependencies the tests are run with; `make lowest` and `make matrix` ask."""
