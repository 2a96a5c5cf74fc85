"""The platform's parts: Pulumi components, one a file, each usable alone."""
