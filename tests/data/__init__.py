"""What tests begin with: rows, specs, filled stores, and what must come of them."""
