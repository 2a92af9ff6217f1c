"""Ink out of a model: arrays in, arrays out. Knows no experiment and no file."""
