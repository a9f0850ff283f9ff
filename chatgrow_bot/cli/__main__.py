"""`python -m chatgrow_bot.cli`."""

from .main import main

main()
