"""What is said on the wire: frames, dialects and the session. Does no IO, has no clock and starts no thread."""
