"""Oriel's side in Python. Standard library only."""
