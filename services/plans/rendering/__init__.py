"""How a plan becomes a document that a family can keep."""
