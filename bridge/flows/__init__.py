"""Flows: gather, decide, apply. They meet only in the store, so each can be tested, paused and replayed by itself."""
