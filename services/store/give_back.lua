-- KEYS: an account's reservations, their sum, all calls that are metered. ARGV: the call.
release(KEYS[1], KEYS[2], KEYS[3], ARGV[1])
