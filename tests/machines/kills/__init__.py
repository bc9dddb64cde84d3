"""SIGKILL at every point and at system calls."""
