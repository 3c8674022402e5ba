"""Ten years of bands: an installation as large as one is after them, and how long it takes to ask it something."""
