"""The words of messages: templates by purpose and language, filled with values."""
