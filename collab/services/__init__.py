"""The use cases, a room for each subject: editing, presence, bands, songs, cluster.

They know the domain and, through ports.py and stores.py, what they need of the outside.
"""
