"""Processes that train one network together: who works on which parts of a batch, and how what they find meets."""
