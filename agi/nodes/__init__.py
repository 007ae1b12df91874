"""What each kind of node does to a call: one file a kind, all of one shape (``agi.handlers``)."""
