"""Copydesk: feeds in, one clean stream of stories out, over HTTP."""

__version__ = "0.1.0"
