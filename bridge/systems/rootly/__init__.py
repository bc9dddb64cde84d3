"""Rootly's dialect: `words` names things, `source` reads what Rootly tells, `target` phrases what we ask of it.

No word of Rootly's leaves this package. Facts are from https://docs.rootly.com and Rootly's OpenAPI document.
"""
