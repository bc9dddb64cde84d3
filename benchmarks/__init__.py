"""How fast, how heavy: figures beside yardsticks that run on the same machine in the same minutes.

`python -m benchmarks [--quick] [--only a,b,c,d,e,f,g] [--json]`. Ratios carry over to another machine; figures do not.
"""
