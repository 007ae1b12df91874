-- Appends a call's record to its stream, once and for all.
-- KEYS: the call's marker, the stream. ARGV: seconds the marker lives, then the entry's fields and values.
-- Gives the entry's id, and 1 when this call of the script wrote it, 0 when an earlier one had.
local entry = redis.call('GET', KEYS[1])
if entry then
    return {entry, 0}
end
entry = redis.call('XADD', KEYS[2], '*', unpack(ARGV, 2))
redis.call('SET', KEYS[1], entry, 'EX', ARGV[1])
return {entry, 1}
