"""Tools for the people who teach the course: `python -m autograder build | grade | pdf | site`."""
