"""A plan as a person or a program reads it: table, JSON, Markdown."""
