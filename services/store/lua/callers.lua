-- A waiting caller stands in its group's queue, which everybody sees, and in one pool, where agents look for it:
-- `1` … `5` by the level it needs, `@agent` while it is held for the agent who served it last, or `!agent` when it was
-- pulled to an agent, who serves it before all others.
local looking = {} -- callers who have looked for no agent since their terms changed last

local function urgency(priority, joined) return -priority * AGES + joined end

local function needs(group, waited)
    local level, change = nil, nil
    for _, step in ipairs(group.steps) do
        if step[1] <= waited then level = step[2] else change = change or step[1] end
    end
    return level, change
end

local ON_DUTY = set({'ready', 'ringing', 'busy', 'wrap_up'})

local function may_wait_for(agent, group)
    return ON_DUTY[redis.call('HGET', agent_key(agent), 'state') or ''] and member_of(agent, group)
end

-- Where agents are to look for the caller, and when that changes next.
local function aim(call)
    if call.pulled ~= '' and may_wait_for(call.pulled, call.group) then return '!' .. call.pulled end
    call.pulled = ''
    if call.hold ~= '' and tonumber(call.hold_until) > now and may_wait_for(call.hold, call.group) then
        return '@' .. call.hold, tonumber(call.hold_until)
    end
    call.hold = ''
    local level, change = needs(group_of(call.group), now - call.joined)
    return tostring(level), change and call.joined + change
end

local function enqueue(id, call)
    local change
    call.pool, change = aim(call)
    call.state, call.agents = 'waiting', ''
    local place = urgency(call.priority, call.joined)
    redis.call('ZADD', queue_key(call.group), place, id)
    redis.call('ZADD', pool_key(call.group, call.pool), place, id)
    if change then due(change, 'widen:' .. id) end
    save(call_key(id), call)
    callback_follows(id, 'queued')
    looking[#looking + 1] = {call.priority + 0, call.joined + 0, id}
end

local function dequeue(id, call)
    redis.call('ZREM', queue_key(call.group), id)
    redis.call('ZREM', pool_key(call.group, call.pool), id)
    not_due('widen:' .. id)
end

local function tell(id, call, state, reason, counted)
    emit('of', 'caller', 'call', id, 'state', state, 'reason', reason, 'group', call.group, 'agents', call.agents,
        'priority', call.priority, 'joined', call.joined, 'process', call.process, 'since', call.since,
        'number', call.number, 'hotline', call.hotline or '', 'region', call.region or '',
        'arrived', call.arrived or '', 'pulled', call.pulled, 'counted', counted or '')
end

-- Gives the caller to these agents, and wakes the one session that holds it.
local function reserve(id, call, agents)
    dequeue(id, call)
    call.state, call.since, call.agents = 'ringing', now, table.concat(agents, ' ')
    call.offer = redis.call('INCR', prefix .. 'offers') -- no two offers of an account are ever taken for each other
    save(call_key(id), call)
    for _, agent in ipairs(agents) do happen(agent, 'offered', {call = id}) end
    tell(id, call, 'ringing', '')
    callback_follows(id, 'offered')
    redis.call('PUBLISH', 'wake:' .. call.process, cjson.encode({account = account, call = id, offer = call.offer}))
end

-- Of a callback one phone at a time is told whom it calls.
local function rings_all(id, call)
    return group_of(call.group).strategy == 'ringall' and not string.match(call.pool, '^[@!]') and not callback_of(id)
end

local function ready_agents(id, call)
    local ready, group = ready_key(call.group), group_of(call.group)
    local agent = string.match(call.pool, '^[@!](.*)$')
    if agent then
        local stands = redis.call('ZSCORE', ready, entry(agent, member_of(agent, call.group)))
        return stands and {agent} or {}
    end
    if rings_all(id, call) then
        local found = redis.call('ZRANGE', ready, 0, -1)
        for i, name in ipairs(found) do found[i] = agent_of(name) end
        return found
    end
    return {pick(call.group, group, call, set(words(call.tried)))}
end

local function match_caller(id)
    local call = load(call_key(id))
    if call.state ~= 'waiting' then return end
    local agents = ready_agents(id, call)
    if #agents == 0 then return end
    -- Everybody who is ready has missed this caller: a new round begins.
    if set(words(call.tried))[agents[1]] then call.tried = '' end
    reserve(id, call, agents)
end

local function aim_again(id)
    local call = load(call_key(id))
    local pulled = call.pulled
    dequeue(id, call)
    enqueue(id, call)
    if call.pulled ~= pulled then tell(id, call, 'waiting', 'released') end
end

local function before(one, other)
    for i, value in ipairs(one) do
        if value ~= other[i] then return value < other[i] end
    end
    return false
end

-- The caller an agent serves next: who was pulled to it, then by priority, the agent's own between groups, and age. The
-- first of each pool is the best of its pool, so nobody else is looked at.
local function best_caller(agent)
    local best
    for group, text in pairs(load(memberships_key(agent))) do
        local member = membership(text)
        local pools = {'!' .. agent, '@' .. agent}
        for level = 1, member.level do pools[#pools + 1] = level end
        for place, pool in ipairs(pools) do
            local head = redis.call('ZRANGE', pool_key(group, pool), 0, 0, 'WITHSCORES')
            if head[1] then
                local priority = -math.floor(head[2] / AGES)
                local joined = head[2] + priority * AGES
                local found = {place == 1 and 0 or 1, -priority, -member.priority, joined, head[1]}
                if not best or before(found, best) then best = found end
            end
        end
    end
    return best and best[5]
end

-- Who of those who became ready rings for the caller that `name` has found: where all ring, all who found the same one.
local function ready_together(name, id, call)
    if not rings_all(id, call) then return {name} end
    local found, seen = {}, {}
    for _, other in ipairs(freed) do
        if not seen[other] and load_agent(other).state == 'ready' and best_caller(other) == id then
            found[#found + 1] = entry(other, member_of(other, call.group))
        end
        seen[other] = true
    end
    table.sort(found)
    for i, one in ipairs(found) do found[i] = agent_of(one) end
    return found
end

local function match_agent(name)
    local agent = load_agent(name)
    if agent.state ~= 'ready' then return end
    local id = best_caller(name)
    if id then
        local call = load(call_key(id))
        reserve(id, call, ready_together(name, id, call))
    else
        enter_ready(name, tonumber(agent.ready_since))
    end
end

local function more_urgent(one, other)
    if one[1] ~= other[1] then return one[1] > other[1] end
    if one[2] ~= other[2] then return one[2] < other[2] end
    return one[3] < other[3]
end

-- Ends every event. Callers no longer held for an agent may have any; callers whose terms changed look for an agent
-- among those who were ready before; then agents who became ready look among all callers. So whoever could be brought
-- together is, and nobody is passed over.
local function serve()
    for _, agent in ipairs(gone) do
        local names = redis.call('HKEYS', memberships_key(agent))
        for _, group in ipairs(names) do
            for _, held in ipairs({'@', '!'}) do
                for _, id in ipairs(redis.call('ZRANGE', pool_key(group, held .. agent), 0, -1)) do aim_again(id) end
            end
        end
    end
    table.sort(looking, more_urgent)
    for _, caller in ipairs(looking) do match_caller(caller[3]) end
    for _, agent in ipairs(freed) do match_agent(agent) end
    gone, looking, freed = {}, {}, {}
end
