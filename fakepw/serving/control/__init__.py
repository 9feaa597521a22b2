"""The control API over HTTP: its routes, and the page for people beside them."""
