"""The state of a stack: made safe, backed up, verified, restored and unlocked, without the CLI.

It speaks with the backends a team runs itself (`file://`, `s3://`, `gs://`), in the layout that
Pulumi's own CLI uses, so that either can go on where the other stopped.
"""
