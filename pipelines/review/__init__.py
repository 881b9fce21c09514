"""The review page of the communications manager: rendered on this computer, for one browser, over the store's own functions."""
