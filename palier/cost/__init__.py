"""What a platform costs: price book, one pricer a resource type, line items, estimate."""
