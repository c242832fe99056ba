"""Notebook-driven workbench for image collections."""
