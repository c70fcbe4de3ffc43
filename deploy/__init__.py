"""How the system is deployed and run."""
