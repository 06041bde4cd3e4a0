"""`/penstock/v1`: what has no counterpart in the API that clients know."""
