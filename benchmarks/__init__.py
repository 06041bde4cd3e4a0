"""What Penstock costs, each workload beside a floor that is measured in the same round.

``python -m benchmarks`` runs them all; see docs/benchmarks.md for what each one means.
"""
