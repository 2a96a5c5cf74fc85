"""A cloud on the user's own machine: one file of resources, with the rules of the real services."""
