"""Still pictures of what is on the air: for cards, posters and notices. Start reading at `service.py`."""
