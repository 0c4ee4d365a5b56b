"""Pair children with helpers: columns in, proven assignment out. Knows no framework, no names and no clock."""
