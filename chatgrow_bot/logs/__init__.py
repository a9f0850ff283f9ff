"""Logging: a readable console, and JSON lines in files that rotate. No line holds message text, a full
number, a token or a QR code: whoever logs sees to it, and `redaction` takes out what came in all the same."""

from .context import concerning as concerning
from .context import current_request as current_request
from .context import is_wanted as is_wanted
from .context import logged as logged
from .files import FileState as FileState
from .files import LogFile as LogFile
from .files import open_files as open_files
from .files import rotate as rotate
from .redaction import clean as clean
from .redaction import visible as visible
from .setup import API as API
from .setup import FILES as FILES
from .setup import Rotation as Rotation
from .setup import configure as configure
from .setup import quiet as quiet
