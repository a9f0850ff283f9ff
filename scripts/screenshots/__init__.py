"""Makes the README's pictures: hub, simulator and a true browser play small conversations, and are shot.

`.venv/bin/python -m scripts.screenshots` makes all of them, with names after it only those. To add one, write
a function that takes the Scene, and name it in PICTURES of __main__.py. Fonts for it: Inter, Noto Sans (with
Hebrew) and Noto Color Emoji, on Debian fonts-inter, fonts-noto-core and fonts-noto-color-emoji.
"""
