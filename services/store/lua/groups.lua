-- A group's ready agents, sorted so that whom its strategy asks first stands first (random and rotation: by index).
-- Their names in the sorted set begin with their index in the group, which decides between equals.
local groups = {}

local function membership(text)
    local index, level, priority, weight = string.match(text, '^(%d+) (%d+) (%d+) (%d+)$')
    return {index = tonumber(index), level = tonumber(level), priority = tonumber(priority), weight = tonumber(weight)}
end

local function member_of(agent, group)
    local text = redis.call('HGET', memberships_key(agent), group)
    return text and membership(text)
end

local function entry(agent, member) return string.format('%05d:%s', member.index, agent) end
local function agent_of(entry_) return string.sub(entry_, 7) end

local function score(name, group, agent, member, ready_since)
    if group.strategy == 'longest_idle' then return ready_since end
    if group.strategy == 'skills' then return -member.level * AGES + ready_since end
    if group.strategy ~= 'even' and group.strategy ~= 'percentage' then return member.index end
    local answered = tonumber(redis.call('HGET', answered_key(name), agent) or 0)
    if group.strategy == 'even' then return answered * AGES + ready_since end
    return (2 * answered + 1) / member.weight
end

local function rank_again(name, group)
    for _, found in ipairs(redis.call('ZRANGE', ready_key(name), 0, -1)) do
        local agent = agent_of(found)
        local since = tonumber(redis.call('HGET', agent_key(agent), 'ready_since'))
        redis.call('ZADD', ready_key(name), score(name, group, agent, member_of(agent, name), since), found)
    end
end

-- Shares and even numbers are those of a day.
local function begin_day(name, group)
    local today = day_of(now)
    if tonumber(group.day or 0) < today then
        redis.call('DEL', answered_key(name))
        redis.call('HSET', group_key(name), 'day', today)
        rank_again(name, group)
    end
end

-- Of a call to an agent whom no group's terms come with.
local NO_GROUP = {strategy = 'sequence', steps = {{0, 1}}, capacity = 0, wrap_ms = 0, rest_ms = 0, returning_ms = 0,
    place_ms = 0}

local function group_of(name)
    if name == '' then return NO_GROUP end
    if not groups[name] then
        local group = load(group_key(name))
        if not group.strategy then refuse('UNKNOWN', 'group', name) end
        begin_day(name, group)
        group.steps = cjson.decode(group.steps)
        groups[name] = group
    end
    return groups[name]
end

local function enter_ready(agent, ready_since)
    for name, text in pairs(load(memberships_key(agent))) do
        local member = membership(text)
        local place = score(name, group_of(name), agent, member, ready_since)
        redis.call('ZADD', ready_key(name), place, entry(agent, member))
    end
end

local function leave_ready(agent)
    for name, text in pairs(load(memberships_key(agent))) do
        redis.call('ZREM', ready_key(name), entry(agent, membership(text)))
    end
end

local function first_untried(found, tried)
    for _, name in ipairs(found) do
        if not tried[agent_of(name)] then return agent_of(name) end
    end
    return found[1] and agent_of(found[1])
end

local function pick_random(ready, name, tried)
    local ranks = {}
    for agent in pairs(tried) do
        local member = member_of(agent, name)
        local rank = member and redis.call('ZRANK', ready, entry(agent, member))
        if rank then ranks[#ranks + 1] = rank end
    end
    local total = redis.call('ZCARD', ready)
    if total == 0 then return nil end
    if #ranks == total then ranks = {} end
    table.sort(ranks)
    local chosen = draw(total - #ranks)
    for _, rank in ipairs(ranks) do
        if rank <= chosen then chosen = chosen + 1 end
    end
    return agent_of(redis.call('ZRANGE', ready, chosen, chosen)[1])
end

-- The agent to ring for a caller who needs `level`: the first by the group's strategy who has not missed this caller
-- already, or, when all who are ready have, the first of all. Looks at one more than were tried.
local function pick(name, group, call, tried)
    local ready, level = ready_key(name), tonumber(call.pool)
    if group.strategy == 'random' then return pick_random(ready, name, tried) end
    local from, to, many = '-inf', '+inf', 1
    for _ in pairs(tried) do many = many + 1 end
    if group.strategy == 'skills' then to = '(' .. string.format('%d', (1 - level) * AGES) end
    if group.strategy == 'rotation' then from = call.start end
    local found = redis.call('ZRANGEBYSCORE', ready, from, to, 'LIMIT', 0, many)
    if group.strategy == 'rotation' then
        local wrapped = redis.call('ZRANGEBYSCORE', ready, '-inf', '(' .. from, 'LIMIT', 0, many)
        for _, name_ in ipairs(wrapped) do found[#found + 1] = name_ end
    end
    return first_untried(found, tried)
end
