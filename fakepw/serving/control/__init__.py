"""The control API over HTTP: who may ask, and what is answered."""
