"""Forms made of the documents' own models: what a page shows, and what comes back from it, without any I/O."""
