"""What the hotline says: the texts in two languages, and the audio made of them."""
