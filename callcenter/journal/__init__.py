"""The journal: what the switchboard saw and did, as an append-only file of numbered lines per node.

It is the only thing the switchboard writes; the database, the ledger and every report are made from it.
Knows nothing of calls: facts have their codec in ``callcenter.ledger``, engine events in ``acd.core``.
"""
