"""One function a use case: load, call the domain, save. The API and the handlers call these."""
