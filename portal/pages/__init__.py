"""One module for each page, named after what the page is about."""
