"""Plays the interop cases of ``schema/vectors/interop`` on the Python host: ``python -m interop PATH``.

``schema/README.md`` section 7 gives the format.
"""
