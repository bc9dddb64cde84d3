"""Dialects: one file per system, pure functions that verify, read and phrase. `bridge.known` lists them."""
