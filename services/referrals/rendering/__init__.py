"""Files made from what is kept."""
