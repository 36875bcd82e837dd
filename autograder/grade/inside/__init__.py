"""What runs inside the sandbox. Standard library and NumPy only; nothing here is trusted once student code has started."""
