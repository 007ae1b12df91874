-- Appends what was found out about a call later, once, and only if nobody has been faster.
-- KEYS: the call's marker, the stream, the account's book, then those that the commands touch. ARGV: what the marker must
-- say ('' when there must be none), what it is to say, the state that the book must have (empty: none is asked for), the
-- commands that go with the entry (JSON: a list of lists), then the entry's fields and values.
-- Gives 1: written; 0: it stood there already; -1: the marker says something else; -2: the book has another state.
local last = redis.call('GET', KEYS[1]) or ''
if last == ARGV[2] then
    return 0
end
if last ~= ARGV[1] then
    return -1
end
if ARGV[3] ~= '' and (redis.call('HGET', KEYS[3], 'state') or '0') ~= ARGV[3] then
    return -2
end
redis.call('XADD', KEYS[2], '*', unpack(ARGV, 5))
for _, command in ipairs(cjson.decode(ARGV[4])) do
    redis.call(unpack(command))
end
redis.call('SET', KEYS[1], ARGV[2])
return 1
