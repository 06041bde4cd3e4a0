"""What the schedules will do: the engine's own rules, over usual durations, on paper. Pure."""
