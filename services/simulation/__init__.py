"""A call without Asterisk: the code that serves live calls, on an Asterisk, a Redis and a clock of its own.

Between the two is the FastAGI protocol, byte for byte; what Asterisk would write into its CEL file is folded into the
record that billing would have made.
"""
