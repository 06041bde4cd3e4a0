"""The HTTP API: a process of its own beside the engine, over the Engine port (`penstock api serve`)."""
