"""Privacy law's two requests: a person has all that is kept of him, or has it erased. Whom it was about can
then be told by nobody, not even from the log of it."""

from .privacy import Privacy as Privacy
