"""A kit for authors of rules and policy packs: resources, what breaks them, and the SDK's proxies.

A policy that is tested with plain dictionaries meets other objects in production: the SDK wraps
every value, and reading one that is not known yet raises. What is built here goes through the same
wrapping.
"""
