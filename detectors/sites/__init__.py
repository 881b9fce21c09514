"""The rules over the register of sites. A blank field is unknown, and unknown is told, never passed."""
