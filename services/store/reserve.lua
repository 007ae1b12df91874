-- Sets aside what a call may cost, instead of what it had set aside before, unless the account's book has changed.
-- KEYS: the account's book, its reservations, their sum, all calls that are metered. ARGV: the state that the book must
-- have, the one that it gets, the call, when it is looked at next, the reservation (JSON). Gives 1: done.
if (redis.call('HGET', KEYS[1], 'state') or '0') ~= ARGV[1] then
    return 0
end
release(KEYS[2], KEYS[3], KEYS[4], ARGV[3])
redis.call('HSET', KEYS[2], ARGV[3], ARGV[5])
local reservation = cjson.decode(ARGV[5])
count(KEYS[3], reservation.hold, 1)
redis.call('ZADD', KEYS[4], ARGV[4], reservation.account .. ' ' .. ARGV[3])
redis.call('HSET', KEYS[1], 'state', ARGV[2])
return 1
