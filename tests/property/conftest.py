"""How much Hypothesis tries: `--hypothesis-profile thorough` for many times the default."""

from hypothesis import settings

settings.register_profile("thorough", max_examples=4_000)
