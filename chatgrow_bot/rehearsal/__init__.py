"""What the hub would say and do about a message, tried on a copy: nothing is sent, called or kept."""

from .rehearsal import Rehearsed as Rehearsed
from .rehearsal import rehearse as rehearse
from .scene import Scene as Scene
