"""The dialect of NewsAPI v2: its parameters, faults and articles, in terms of our own search."""
