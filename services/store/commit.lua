-- Appends a call's record to its stream, and does what goes with it, once and for all.
-- KEYS: the call's marker, the stream, the account's book, its reservations, their sum, all calls that are metered, then
-- those that the commands touch. ARGV: seconds the marker lives, the state that the book must have (empty: none is asked
-- for), the call, the commands that go with the record (JSON: a list of lists), then the entry's fields and values.
-- Gives the entry's id, and 1 when this call of the script wrote it, 0 when an earlier one had; nothing is written, and
-- the id is empty, when the book has another state.
local entry = redis.call('GET', KEYS[1])
if entry then
    return {entry, 0}
end
if ARGV[2] ~= '' and (redis.call('HGET', KEYS[3], 'state') or '0') ~= ARGV[2] then
    return {'', 0}
end
entry = redis.call('XADD', KEYS[2], '*', unpack(ARGV, 5))
for _, command in ipairs(cjson.decode(ARGV[4])) do
    redis.call(unpack(command))
end
release(KEYS[4], KEYS[5], KEYS[6], ARGV[3])
redis.call('SET', KEYS[1], entry, 'EX', ARGV[1])
return {entry, 1}
