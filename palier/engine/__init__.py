"""The real Pulumi engine: where it is, how it is run, a folder to run it in, what it says."""
