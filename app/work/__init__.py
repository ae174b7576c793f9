"""Loops over work: turn after turn until stopped; what is due, claimed under leases."""
