"""People with an account: who they are, how they prove it, what they may do, and what was done."""
