"""The use cases, one file each. They know the domain and, through ports.py, what they need of the outside."""
