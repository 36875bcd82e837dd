"""Untrusted bytes become submissions: whose they are, and for which assignment."""
