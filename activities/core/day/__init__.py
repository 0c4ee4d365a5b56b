"""Event days."""
