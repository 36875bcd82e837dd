"""What runs inside the sandbox. Nothing here is trusted once student code has started."""
