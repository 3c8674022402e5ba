"""How much Hypothesis tries: by default a little and always the same, so that no run fails by chance.

With `--hypothesis-profile thorough` many times that, at random. How long an example takes judges nothing: machines are
busy.
"""

from hypothesis import HealthCheck, settings


def register_profiles() -> None:
    """To be called before Hypothesis reads its options and any test its settings."""
    settings.register_profile(
        "usual",
        derandomize=True,
        max_examples=60,
        database=None,
        deadline=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow],
    )
    settings.register_profile("thorough", settings.get_profile("usual"), derandomize=False, max_examples=4_000)
    settings.load_profile("usual")


def is_thorough() -> bool:
    """Whether the profile tries many times the default, at random."""
    return not settings().derandomize


def examples(usual: int, share: int = 1) -> settings:
    """So many examples; with the profile `thorough` as many as that says, or a share of them."""
    profile = settings()
    return settings(profile, max_examples=profile.max_examples // share if is_thorough() else usual)
