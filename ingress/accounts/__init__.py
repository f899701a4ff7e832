"""Accounts, on the ingress' side: what routes call, what clients send and receive about users, their keys and rights."""
