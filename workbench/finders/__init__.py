"""Finders of duplicates, one module each: every one yields pairs."""
