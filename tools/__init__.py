"""What looks at the project itself; nothing of it is installed."""
