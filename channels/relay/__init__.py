"""The relay: publications of the workers reach every process that listens, in order, with a history of one day.

Topics are `conversation:<id>`, `user:<id>`, `operators`, `insight:<id>`. Positions are Centrifugo's: an epoch, which
identifies one life of the stream, and an offset, which counts the publications in that life.
"""
