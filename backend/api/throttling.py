"""Limits per user, and per address for guessing."""

from rest_framework.throttling import AnonRateThrottle, UserRateThrottle


class PerUser(UserRateThrottle):
    """So many requests a minute for one login, whichever machine they come from."""

    scope = "user"


class PerGuess(AnonRateThrottle):
    """For links and feeds that are opened by a secret: an address that guesses is slowed down."""

    scope = "guess"
