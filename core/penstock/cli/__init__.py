"""The command line: one verb per file; stdout is data, stderr is talk."""
