"""The small library that all four services stand on: mechanics, never meaning."""
