"""The pages that families open by a signed link."""
