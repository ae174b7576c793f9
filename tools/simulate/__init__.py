"""Rules of polling, side by side on made-up feeds: requests against the delay of entries."""
