"""The operations of the auth worker: one file per way to prove who one is."""
