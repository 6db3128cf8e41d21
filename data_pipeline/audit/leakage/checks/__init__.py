"""The checks, a file each: every one looks at a view and says what it found."""
