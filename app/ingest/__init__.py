"""The shell around the decisions: fetch, hand to the worker processes, apply."""
