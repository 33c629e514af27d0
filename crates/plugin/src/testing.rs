//! Calls a plugin in a test.
