"""Data the decisions rest on, as small committed files."""
