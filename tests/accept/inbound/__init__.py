"""Who writes to the hub from outside, with the right to and without."""
