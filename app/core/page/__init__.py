"""Article pages: their text and facts, walls before them, robots.txt, and feed against page."""
