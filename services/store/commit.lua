-- Appends calls' records to their streams, and does what goes with each, once and for all.
-- KEYS: the stream of rated and that of unrated records, all calls that are metered; then of each record the call's
-- marker, the account's book, its reservations and their sum; then those that the commands touch.
-- ARGV: seconds a marker lives, the schema; then of each record: the state that the book must have (empty: none is
-- asked for), the commands that go with it (JSON: a list of lists), call, account, the record's JSON, number of the
-- book's step (or empty), why it is unrated (or empty).
-- Gives for each record the entry's id, and 1 when this call of the script wrote it, 0 when an earlier one had; nothing
-- is written, and the id is empty, when the book has another state.
local RATED, UNRATED, METERED, LIFE, SCHEMA = KEYS[1], KEYS[2], KEYS[3], ARGV[1], ARGV[2]
local KEYS_EACH, ARGV_EACH = 4, 7

local function append(call_id, account, record, number, unrated)
    local fields = {'schema', SCHEMA, 'call_id', call_id, 'account', account, 'record', record}
    if number ~= '' then
        fields[#fields + 1], fields[#fields + 2] = 'ledger', number
    end
    if unrated ~= '' then
        fields[#fields + 1], fields[#fields + 2] = 'reason', unrated
    end
    return redis.call('XADD', unrated == '' and RATED or UNRATED, '*', unpack(fields))
end

local function commit(own, state, commands, call_id, ...)
    local marker, book, reserved, held = unpack(own)
    local entry = redis.call('GET', marker)
    if entry then
        return {entry, 0}
    end
    if state ~= '' and (redis.call('HGET', book, 'state') or '0') ~= state then
        return {'', 0}
    end
    entry = append(call_id, ...)
    for _, command in ipairs(cjson.decode(commands)) do
        redis.call(unpack(command))
    end
    release(reserved, held, METERED, call_id)
    redis.call('SET', marker, entry, 'EX', LIFE)
    return {entry, 1}
end

local done = {}
for at = 3, #ARGV, ARGV_EACH do
    local key = 4 + KEYS_EACH * #done
    local own = {unpack(KEYS, key, key + KEYS_EACH - 1)}
    done[#done + 1] = commit(own, unpack(ARGV, at, at + ARGV_EACH - 1))
end
return done
