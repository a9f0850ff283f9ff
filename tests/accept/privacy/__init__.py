"""A person who is erased: who she is, what is kept of her, and what is left."""

from .story import erased as erased
from .story import forgetful as forgetful
