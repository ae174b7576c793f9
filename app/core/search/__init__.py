"""What stories are found by: terms, queries, the index, ranks."""
