"""A network as a textbook has it: its equations, its computing graph, and exercises.  One source for all three: the
docstrings and declarations of the components."""
