"""A voice note that nobody spoke: a hum with syllables and pauses, so that its bars look like speech."""

import io
import math
import random
import struct
import wave

_RATE = 16_000


def murmur(seconds: int) -> bytes:
    """A WAV of that length; always the same one."""
    chance = random.Random(seconds)  # noqa: S311 - a drawing, no secret
    loud: list[float] = []
    while len(loud) < seconds * 100:  # hundredths of a second
        syllable, strength = chance.randint(8, 22), chance.uniform(0.25, 1.0)
        loud += [strength * math.sin(math.pi * at / syllable) for at in range(syllable)]
        loud += [0.02] * (chance.randint(15, 30) if chance.random() < 0.25 else chance.randint(0, 4))
    samples = (
        loud[at * 100 // _RATE] * 12_000 * math.sin(math.tau * 150 * at / _RATE)
        for at in range(seconds * _RATE)
    )
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(_RATE)
        sound.writeframes(b"".join(struct.pack("<h", int(each)) for each in samples))
    return file.getvalue()
