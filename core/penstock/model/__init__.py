"""The pure heart: states and moves, specs, graphs, rules and views. No I/O, no clock."""
