"""The door: how a band without a host's login comes in.

`door.py` is what the page and the terminal ask for, `secrets.py` what of a link or a device is a secret, `rates.py` how
often a stranger may try, `store.py` what the database has to do. Off where a host says who somebody is: there is no
door then, and none of this is made.
"""
