"""Telling others of stories: what reads the change log and hands it on."""
