"""What a process gives up before it runs code of a student: files, rights, memory, cores."""
