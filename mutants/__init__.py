"""Which changes of the code do the tests notice? ``make mutants`` makes some on purpose, one at a time."""
