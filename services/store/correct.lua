-- Appends what was found out about a call later, once, and only if nobody has been faster.
-- KEYS: the call's marker, the stream. ARGV: what the marker must say ('' when there must be none), what it is to say,
-- then the entry's fields and values. Gives 1: written; 0: it stood there already; -1: the marker says something else.
local last = redis.call('GET', KEYS[1]) or ''
if last == ARGV[2] then
    return 0
end
if last ~= ARGV[1] then
    return -1
end
redis.call('XADD', KEYS[2], '*', unpack(ARGV, 3))
redis.call('SET', KEYS[1], ARGV[2])
return 1
