-- Where a message goes that a sender was given. One of the operations below is chosen by ARGV[1].
-- KEYS: the stream of messages to be sent now, the sorted set of those to be tried later, the stream of the dead.
local now_key, later_key, dead_key = KEYS[1], KEYS[2], KEYS[3]
local LENGTH, DEAD_LENGTH, AT_ONCE = 100000, 10000, 500

local function send_now(attempts, message)
    redis.call('XADD', now_key, 'MAXLEN', '~', LENGTH, '*', 'message', message, 'attempts', attempts)
end

local function bury(at, attempts, message, why)
    redis.call('XADD', dead_key, 'MAXLEN', '~', DEAD_LENGTH, '*',
        'message', message, 'attempts', attempts, 'error', why, 'at', at)
end

-- Whoever settles an entry first has settled it: a sender that was believed dead may come back.
local function take_away(group, entry)
    local mine = redis.call('XACK', now_key, group, entry) == 1
    if mine then redis.call('XDEL', now_key, entry) end
    return mine
end

local operations = {}

-- ARGV: group, entry.
function operations.sent(group, entry)
    return take_away(group, entry) and 1 or 0
end

-- ARGV: group, entry, when (ms), attempts so far, message, why the last one failed, now (ms).
function operations.later(group, entry, at, attempts, message, why, now)
    if not take_away(group, entry) then return 0 end
    if redis.call('ZCARD', later_key) >= LENGTH then
        bury(now, attempts, message, 'too many messages wait already; ' .. why)
    else
        redis.call('ZADD', later_key, at, attempts .. ' ' .. message)
    end
    return 1
end

-- ARGV: group, entry, now (ms), attempts, message, why.
function operations.dead(group, entry, now, attempts, message, why)
    if not take_away(group, entry) then return 0 end
    bury(now, attempts, message, why)
    return 1
end

-- ARGV: now (ms). Makes what is due to be sent now; gives when the next is due, nothing when none is left.
function operations.release(now)
    for _, member in ipairs(redis.call('ZRANGE', later_key, '-inf', now, 'BYSCORE', 'LIMIT', 0, AT_ONCE)) do
        local attempts, message = string.match(member, '^(%d+) (.*)$')
        send_now(attempts, message)
        redis.call('ZREM', later_key, member)
    end
    return redis.call('ZRANGE', later_key, 0, 0, 'WITHSCORES')[2]
end

-- ARGV: ids of dead entries. Sends them again, as if for the first time; gives how many there were.
function operations.revive(...)
    local revived = 0
    for _, id in ipairs({...}) do
        local found = redis.call('XRANGE', dead_key, id, id)[1]
        if found then
            for at = 1, #found[2], 2 do
                if found[2][at] == 'message' then send_now(0, found[2][at + 1]) end
            end
            revived = revived + redis.call('XDEL', dead_key, id)
        end
    end
    return revived
end

return operations[ARGV[1]](unpack(ARGV, 2))
