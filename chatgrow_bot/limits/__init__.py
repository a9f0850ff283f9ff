"""The arithmetic of pace and patience: pure functions over a given time and a given chance."""

from . import windows as windows
from .floods import FloodLimits as FloodLimits
from .hours import QuietHours as QuietHours
from .loops import LoopLimits as LoopLimits
from .pace import Pace as Pace
from .pace import Policy as Policy
from .pace import clamped as clamped
from .pace import reconnect_delay as reconnect_delay
from .quotas import Quota as Quota
from .quotas import renews as renews
from .rations import FirstContacts as FirstContacts
from .rations import WarmUp as WarmUp
from .zones import zones_of as zones_of
