-- All that a wallboard begins with, and the newest entry of the stream of live events that is in it already.
local function last_entry()
    if redis.call('EXISTS', stream) == 0 then return '0-0' end
    local known = redis.call('XINFO', 'STREAM', stream)
    for i = 1, #known, 2 do
        if known[i] == 'last-generated-id' then return known[i + 1] end
    end
end

local function all_of(names, key_of)
    local found = {}
    for i, name in ipairs(names) do found[i] = {name, redis.call('HGETALL', key_of(name))} end
    return found
end

local function calls_held()
    local held = {}
    for _, what in ipairs(redis.call('ZRANGE', due_key, 0, -1)) do
        if string.sub(what, 1, 6) == 'lease:' then held[#held + 1] = string.sub(what, 7) end
    end
    return held
end

-- Gives the entry; of each group its name, members, counts of today and who answered how many; of each agent and each
-- caller its name and hash.
function operations.picture()
    local found = {}
    for i, name in ipairs(redis.call('SMEMBERS', groups_key)) do
        found[i] = {name, group_of(name).members, redis.call('HGETALL', today_key(name, day_of(now))),
            redis.call('HGETALL', answered_key(name))}
    end
    return {last_entry(), found, all_of(redis.call('SMEMBERS', agents_key), agent_key), all_of(calls_held(), call_key)}
end
