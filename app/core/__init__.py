"""Pure decisions: no input or output, clock, randomness, environment, logging or async."""
