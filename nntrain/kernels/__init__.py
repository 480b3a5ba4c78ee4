"""The fast form of a layer's mathematics; `reference` has the readable one."""
