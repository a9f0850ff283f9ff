"""People who say STOP while a thousand messages wait for each of them, on every road that there is."""

from .story import ignored as ignored
from .story import killed as killed
from .story import stopped as stopped
from .story import unaided as unaided
