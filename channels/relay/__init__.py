"""The relay: what the workers publish reaches every process that listens, in order, with a memory of a day.

Topics are `conversation:<id>`, `user:<id>`, `operators`, `insight:<id>`. Positions are Centrifugo's: an epoch (which
life of the stream) and an offset (how many publications it has seen in that life).
"""
