"""The gradebook, and what is written from it for students, teachers and learning systems."""
