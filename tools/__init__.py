"""Tools of this repository: what generates its reference figures and its pages."""
