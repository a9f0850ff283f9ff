"""Every acceptance check there is, in order."""

from . import (
    ac06_kills,
    ac07_power_cuts,
    ac08_browser_kills,
    ac09_hardening,
    ac10_acks_and_gap,
    ac11_loops,
    ac16_store_faults,
    ac17_million,
    ac18_simulation,
    ac19_poison,
    ac21_bad_plugins,
)
from .checks import Check

CHECKS: tuple[Check, ...] = (
    ac06_kills.CHECK,
    ac07_power_cuts.CHECK,
    ac08_browser_kills.CHECK,
    ac09_hardening.CHECK,
    ac10_acks_and_gap.CHECK,
    ac11_loops.CHECK,
    ac16_store_faults.CHECK,
    ac17_million.CHECK,
    ac18_simulation.CHECK,
    ac19_poison.CHECK,
    ac21_bad_plugins.CHECK,
)
