"""Old names of modules; see `penstock.old_names`."""
