"""Parts of AC-08 to AC-10: a shop that a true hub keeps in a true browser, and a browser to look at."""
