"""The console: pages for people. The desk joins them, the guard says who may, rendering says how they look."""
