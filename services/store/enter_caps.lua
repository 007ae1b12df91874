-- Lets a call go on beyond a node of kind `caps`, or says which of its caps is reached.
-- KEYS: the calls in progress (sorted set by the end of their leases), who holds them (hash), the caller's calls (sorted
-- set by their begin), the day's count, the month's. ARGV: now, call, stay, end of its lease, concurrent, calls of the
-- caller, their window, per_day, per_month; '' where there is no cap. Gives the cap, or '' for a call that may go on.
-- A call in progress that comes again is neither counted nor turned away.
local running, holders, caller, day, month = unpack(KEYS)
local now, call, stay, until_ = tonumber(ARGV[1]), ARGV[2], ARGV[3], ARGV[4]
local concurrent, of_caller, window = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local per_day, per_month = tonumber(ARGV[8]), tonumber(ARGV[9])
local DAYS = 24 * 3600 -- seconds

for _, lost in ipairs(redis.call('ZRANGEBYSCORE', running, '-inf', now)) do
    redis.call('ZREM', running, lost)
    redis.call('HDEL', holders, lost)
end
if not redis.call('ZSCORE', running, call) then
    if concurrent and redis.call('ZCARD', running) >= concurrent then return 'concurrent' end
    if of_caller then
        redis.call('ZREMRANGEBYSCORE', caller, '-inf', now - window)
        if redis.call('ZCARD', caller) >= of_caller then return 'per_caller' end
    end
    if per_day and tonumber(redis.call('GET', day) or 0) >= per_day then return 'per_day' end
    if per_month and tonumber(redis.call('GET', month) or 0) >= per_month then return 'per_month' end
    if of_caller then
        redis.call('ZADD', caller, now, call)
        redis.call('PEXPIRE', caller, window)
    end
    if per_day then
        redis.call('INCR', day)
        redis.call('EXPIRE', day, 3 * DAYS)
    end
    if per_month then
        redis.call('INCR', month)
        redis.call('EXPIRE', month, 33 * DAYS)
    end
end
redis.call('ZADD', running, until_, call)
redis.call('HSET', holders, call, stay)
return ''
