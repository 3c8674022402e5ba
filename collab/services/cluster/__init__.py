"""Cluster: several nodes on one database, with a bus that carries what is new; or one, which is a cluster of one.

Read nodes.py (what the rest of a node sees of it), then lease.py (a node's id, and who is dead), cluster.py (what a
node makes of what the others say, and what a lost message costs), publisher.py (what it says itself) and messages.py
(how that is put). edit_relay.py gives each listener each edit once and in order, and band_relay.py takes over
memberships and contents that another node changed; following.py knows which bands' edits are heard. single_node.py is a
node alone.
"""
