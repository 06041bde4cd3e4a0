"""What the terminal shows, and the fewest bytes that turn it into what it is to show."""
