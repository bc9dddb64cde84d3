"""Every kind of fault at every place that calls."""
