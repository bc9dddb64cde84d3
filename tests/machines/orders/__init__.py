"""Webhooks in any order, again, late, or not at all."""
