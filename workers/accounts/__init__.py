"""What the auth worker does: one file a way of proving who one is."""
