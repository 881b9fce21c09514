"""The checks of the register of sites: of single fields in one table, those with logic one a file."""
