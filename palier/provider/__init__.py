"""The GCP provider as data: what it takes, what it refuses and what it would replace."""
