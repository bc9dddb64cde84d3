"""Ten thousand live links, and some that drift."""
