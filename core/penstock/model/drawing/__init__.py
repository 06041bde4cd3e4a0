"""The graph of a DAG or run as characters: which tasks, in which layers, with routed lines. Pure."""
