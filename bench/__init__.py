"""Measurements, side by side with a named limit: `make bench-search`, `make search-quality`."""
