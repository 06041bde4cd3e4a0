"""A store with rows of many kinds, and everything that the reads of the store make of them."""
