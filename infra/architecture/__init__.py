"""Tables of the architecture, made from the code that they describe."""
