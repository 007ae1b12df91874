-- Members that are due, at once due again later: whoever takes them sees to them before that, or another does.
-- KEYS: a sorted set by milliseconds since 1970. ARGV: now, how much later, how many at most. Gives the members.
local found = redis.call('ZRANGE', KEYS[1], '-inf', ARGV[1], 'BYSCORE', 'LIMIT', 0, ARGV[3])
for _, member in ipairs(found) do
    redis.call('ZADD', KEYS[1], string.format('%.0f', ARGV[1] + ARGV[2]), member)
end
return found
