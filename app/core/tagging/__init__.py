"""What a story is about: places, people, organizations, topics."""
