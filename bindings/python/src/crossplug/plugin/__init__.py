"""What authors of plugins use, and what runs their handlers. Knows nothing of hosts."""
