"""What AC-20 is made of: a hub that is killed, and clients who all want more than the plan allows."""
