"""SPDX 3.0.1 as JSON-LD: the words, the elements, their relationships and the whole document."""
