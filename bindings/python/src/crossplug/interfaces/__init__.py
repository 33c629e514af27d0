"""The interfaces that ship, one generated module each: types, what an author implements, services, events, errors."""
