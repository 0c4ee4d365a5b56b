"""Rows for tests, with good defaults: ask for what the test is about and leave the rest."""
