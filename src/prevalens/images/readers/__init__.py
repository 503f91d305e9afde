"""What reads a picture: one file a kind."""
