"""Pure data and rules: states and transitions, specs, graphs, rules and views. No I/O, no clock."""
