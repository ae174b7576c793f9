"""Bytes → ParsedFeed | ParseFailed."""
