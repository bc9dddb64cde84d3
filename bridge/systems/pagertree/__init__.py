"""PagerTree's dialect: `words` names things, `source` reads what PagerTree tells, `target` phrases what we ask of it.

No word of PagerTree's leaves this package. Facts are from https://pagertree.com/docs and the open adapters at
https://github.com/PagerTree/pager_tree-integrations.
"""
