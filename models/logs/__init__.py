"""Logs: how a line looks (`lines`), and what it tells of the work at hand, such as its trace id (`context`)."""
