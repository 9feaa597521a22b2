"""Property tests judge answers, not the machine that they run on: a loaded one is no failure."""

from __future__ import annotations

import signal

from hypothesis import HealthCheck, settings

settings.register_profile(
    "unhurried", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("unhurried")

# A shell starts what runs in the background with Ctrl-C ignored, which programs that are tested
# would inherit.
signal.signal(signal.SIGINT, signal.default_int_handler)
