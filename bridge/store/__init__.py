"""Memory: what came in, what is linked, what is owed. `contract.py` says what; one file per engine says how."""
