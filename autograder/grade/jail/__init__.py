"""What runs inside the sandbox: see README.md. Nothing here is trusted once student code has started."""
