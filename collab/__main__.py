"""`python -m collab` is `collab`."""

from collab.cli import main

main()
