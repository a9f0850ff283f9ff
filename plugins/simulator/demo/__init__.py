"""The demo: the whole product against the stand-in page. It plays by itself, or is left running to try."""
