"""The bus between nodes: channels of Valkey or Redis (pub/sub), which keep nothing and promise nothing.

redis_bus.py is the bus as nodes see it: what is said, what is heard, and what becomes of both while the server is away.
resp.py is one connection to the server. reachable.py asks, for operators, whether there is one.
"""
