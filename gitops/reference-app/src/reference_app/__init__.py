"""The reference application: what a program has to do so that its platform can climb under it."""
