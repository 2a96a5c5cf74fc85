"""What a platform may cost: the limits of the documents, and the judge that applies them."""
