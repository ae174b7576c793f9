"""Entry → Story: the normal form and its parts."""
