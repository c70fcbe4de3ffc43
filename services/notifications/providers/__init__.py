"""What carries messages to people, each behind one small interface."""
