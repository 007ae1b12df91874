-- Agents' own operations, groups and what is asked about them; then the operation that is called for.
local EVENTS = {'login', 'logout', 'resume', 'wrapped'}
for _, event in ipairs(EVENTS) do
    operations[event] = function(agent) happen(agent, event) end
end

-- `pbx`: who says so, or ''. Every Asterisk but the one that a phone is registered with calls it unreachable.
for _, event in ipairs({'phone_idle', 'phone_in_use'}) do
    operations[event] = function(agent, pbx)
        happen(agent, event, pbx ~= '' and {pbx = pbx} or nil)
    end
end

function operations.phone_unreachable(agent, pbx)
    local known = load_agent(agent).pbx or ''
    if pbx == '' or known == '' or known == pbx then happen(agent, 'phone_unreachable') end
end

function operations.pause(agent, reason) happen(agent, 'pause', {pause = reason}) end

-- `always`: 1 for an agent who is on duty from the first, being nothing but a number to dial.
function operations.put_agent(agent, missed_limit, always)
    local known = redis.call('EXISTS', agent_key(agent)) == 1
    redis.call('HSET', agent_key(agent), 'missed_limit', missed_limit)
    redis.call('SADD', agents_key, agent)
    if known then return end
    redis.call('HSET', agent_key(agent), 'state', 'offline', 'reason', '', 'since', now, 'on_duty', 0, 'pause', '',
        'phone', 'idle', 'pbx', '', 'ready_at', 0, 'ready_since', 0, 'missed', 0, 'call', '', 'talking', 0)
    emit('of', 'agent', 'agent', agent, 'state', 'offline', 'reason', '', 'since', now, 'call', '')
    if always == '1' then happen(agent, 'login') end
end

-- No group has it any more. Who talks is logged out when the call is over, and stays known.
function operations.remove_agent(agent)
    local known = load(agent_key(agent))
    if not known.state then return end
    if TRANSITIONS[known.state].logout then happen(agent, 'logout') end
    if known.call == '' then
        redis.call('DEL', agent_key(agent), memberships_key(agent))
        redis.call('SREM', agents_key, agent)
        emit('of', 'agent', 'agent', agent, 'state', 'gone', 'reason', '', 'since', now, 'call', '')
    end
end

local function member_names(members)
    local names = {}
    for i, member in ipairs(members) do names[i] = string.match(member, '^%S+') end
    return names
end

local function put_members(name, old, members)
    local concerned, seen = {}, {}
    for _, list in ipairs({old, member_names(members)}) do
        for _, agent in ipairs(list) do
            if not seen[agent] then concerned[#concerned + 1] = agent end
            seen[agent] = true
        end
    end
    for _, agent in ipairs(concerned) do leave_ready(agent) end
    for _, agent in ipairs(old) do redis.call('HDEL', memberships_key(agent), name) end
    for _, member in ipairs(members) do
        local agent, terms = string.match(member, '^(%S+) (.*)$')
        redis.call('HSET', memberships_key(agent), name, terms)
    end
    for _, agent in ipairs(concerned) do
        if redis.call('HGET', agent_key(agent), 'state') == 'ready' then freed[#freed + 1] = agent end
    end
end

-- `...`: the members, each `agent index level priority weight`. Everybody who waits or is ready is looked at anew.
function operations.put_group(name, strategy, steps, capacity, wrap_ms, rest_ms, returning_ms, place_ms, ...)
    local terms = table.concat({strategy, steps, capacity, wrap_ms, rest_ms, returning_ms, place_ms, ...}, ',')
    local old = load(group_key(name))
    local members = {...}
    redis.call(#members > 0 and 'SADD' or 'SREM', groups_key, name)
    if old.terms == terms then return end
    put_members(name, words(old.members or ''), members)
    save(group_key(name), {
        terms = terms, strategy = strategy, steps = steps, capacity = capacity, wrap_ms = wrap_ms, rest_ms = rest_ms,
        returning_ms = returning_ms, place_ms = place_ms, size = #members,
        members = table.concat(member_names(members), ' '),
    })
    groups[name] = nil
    emit('of', 'group', 'group', name, 'state', 'changed', 'members', table.concat(member_names(members), ' '))
    for _, id in ipairs(redis.call('ZRANGE', queue_key(name), 0, -1)) do aim_again(id) end
end

-- Who waits longest, of whatever priority.
local function first_joined(name)
    local first
    for priority = 0, 9 do
        local from, to = -priority * AGES, '(' .. string.format('%d', (1 - priority) * AGES)
        local head = redis.call('ZRANGEBYSCORE', queue_key(name), from, to, 'WITHSCORES', 'LIMIT', 0, 1)
        if head[1] then first = oldest(first, head[2] + priority * AGES) end
    end
    return first
end

-- Gives how many wait, are ready, are on duty, and since when the first waits.
function operations.status(name)
    local on_duty = 0
    for _, agent in ipairs(words(group_of(name).members)) do
        if ON_DUTY[redis.call('HGET', agent_key(agent), 'state') or ''] then on_duty = on_duty + 1 end
    end
    local waiting, ready = redis.call('ZCARD', queue_key(name)), redis.call('ZCARD', ready_key(name))
    return {waiting, ready, on_duty, first_joined(name) or false}
end

-- Gives the place from 1, when callers of this group were answered lately, and how announcements came true.
function operations.outlook(id)
    local call = caller(id)
    local rank = call and redis.call('ZRANK', queue_key(call.group), id)
    if not rank then return {} end
    local served = redis.call('LRANGE', served_key(call.group), 0, -1)
    return {rank + 1, served, redis.call('LRANGE', scores_key(call.group), 0, -1)}
end

pass_time()
local reply = operations[ARGV[1]](unpack(ARGV, 6))
serve()
if type(reply) == 'function' then reply = reply() end
local first = redis.call('ZRANGE', due_key, 0, 0, 'WITHSCORES')
return {first[2] or false, reply or false}
