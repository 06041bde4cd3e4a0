"""What operators do: one function for each verb, which returns a plan with its commit.

The preview shows the same plan that the commit carries out, so the two cannot differ.
"""
