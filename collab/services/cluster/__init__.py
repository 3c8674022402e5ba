"""Cluster: several nodes on one database, with a bus that carries what is new.

Read cluster.py (what nodes tell each other, and what a lost message costs), then peer_wire.py (a session as a message),
edit_relay.py (each listener gets each edit once and in order) and band_relay.py (memberships and contents that another
node changed). other_nodes.py is for nodes that nobody gave a bus.
"""
