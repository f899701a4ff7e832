"""Accounts: their users, how users prove who they are, what they may do, and the audit trail."""
