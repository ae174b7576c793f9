"""The operators' pages: a client of the HTTP API, inside the process, that answers in HTML."""
