"""The events that cross services: one row each, and that is the whole contract between them."""
