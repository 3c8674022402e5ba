"""The lean tier: the same questions of far more schedules.

Half of what a whole schedule costs goes into SQL, Socket.IO and presence, where few orders of edits matter. Here a node
is its journal, its relay, its cluster and what opens a content (`node.py`), over a database that is a dict
(`store.py`); a client is a content of the Python SDK (`client.py`). Loop, chance, bus, weather, what people do and the
oracles are those of the whole tier. What the replicas were asked is played again on those of the TypeScript SDK
(`recording.py`, `../typescript.py`).

It does not see who may do what, presence, leases, snapshots and what else is SQL.
"""
