"""What operators do: for each verb one function that computes a plan and holds its commit.

The preview is the plan, and committing runs on that very plan, so the two cannot drift apart.
"""
