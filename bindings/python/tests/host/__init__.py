"""Tests of hosts in Python, with plugins of every language."""
