"""A door in front of a vendor that plays one fault."""
