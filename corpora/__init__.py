"""Small texts of our own, one message a line: for demonstrations and tests, and for the background model."""
