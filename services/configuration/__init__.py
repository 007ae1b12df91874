"""Changes of documents, from wherever they come: checked, given their sounds, and written in one step."""
