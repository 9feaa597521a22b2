"""How one reaches a double: in this process, over HTTP, or without any socket."""
