-- What a call has set aside is free again: `reserved`, the reservations of an account by call; `held`, the sum of them;
-- `metered`, when each call is looked at next.
local function add(held, name, amount)
    if redis.call('HINCRBY', held, name, string.format('%.0f', amount)) == 0 then redis.call('HDEL', held, name) end
end

local function count(held, hold, sign)
    add(held, 'money', sign * hold.money)
    add(held, 'calls', sign)
    for name, seconds in pairs(hold.seconds) do add(held, 'seconds ' .. name, sign * seconds) end
end

local function release(reserved, held, metered, call)
    local body = redis.call('HGET', reserved, call)
    if not body then return end
    local reservation = cjson.decode(body)
    count(held, reservation.hold, -1)
    redis.call('HDEL', reserved, call)
    redis.call('ZREM', metered, reservation.account .. ' ' .. call)
end
