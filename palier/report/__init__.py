"""What a person or a program reads: plans, checks, rehearsals and rules, in every format."""
