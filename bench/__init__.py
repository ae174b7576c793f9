"""Measurements, side by side with a named limit: `make bench-search`, `make bench-normal`,
`make bench-clusters`, `make bench-rules`, `make search-quality`, `make cluster-quality`.
"""
