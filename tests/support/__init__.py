"""What the tests stand on: real servers, the services in this process, and people with tokens."""
