"""The contract on disk: what an attempt directory holds, and how its log is read."""
