"""What this host, its container runtimes and its cluster tell of what runs here: one small module for each of them."""
