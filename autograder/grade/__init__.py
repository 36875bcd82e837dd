"""The trusted grader: student code runs in a sandbox, the verdict is computed outside it."""
