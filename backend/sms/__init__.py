"""Short messages out: one small gateway, its backends, and which of them this installation uses."""
