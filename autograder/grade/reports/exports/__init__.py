"""Grades in the forms that learning systems take."""
