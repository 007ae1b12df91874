-- What an agent does after an event. TRANSITIONS and FACTS are the tables of services/domain/agents.py, made Lua.
local freed = {} -- agents who became ready and have looked for no caller yet: they stand in no group's ready set
local gone = {} -- agents whom no caller need wait for any more

local function load_agent(name)
    local agent = load(agent_key(name))
    if not agent.state then refuse('UNKNOWN', 'agent', name) end
    return agent
end

local function state_of(agent)
    if agent.call ~= '' then return agent.talking == '1' and 'busy' or 'ringing', '' end
    if agent.on_duty == '0' then return 'offline', '' end
    if agent.pause ~= '' then return 'paused', agent.pause end
    if agent.phone == 'unreachable' then return 'offline', 'unreachable' end
    if agent.phone == 'in_use' then return 'busy', 'own_call' end
    if tonumber(agent.ready_at) > now then return 'wrap_up', '' end
    return 'ready', ''
end

local function enter(name, agent, event, state, reason)
    local began = now
    -- A wrap-up ends when it is due, however late somebody looks.
    if event == 'wrapped' and tonumber(agent.ready_at_before) < now then began = agent.ready_at_before end
    keep_time(name, agent, tonumber(began))
    if agent.state == 'ready' then leave_ready(name) end
    agent.state, agent.reason, agent.since = state, reason, began
    if state == 'ready' then
        if event ~= 'withdrawn' then agent.ready_since = began end
        freed[#freed + 1] = name
    elseif state == 'offline' or state == 'paused' then
        gone[#gone + 1] = name
    end
    emit('of', 'agent', 'agent', name, 'state', state, 'reason', reason, 'since', began, 'call', agent.call)
end

local function happen(name, event, facts)
    local agent = load_agent(name)
    if not TRANSITIONS[agent.state][event] then refuse('ILLEGAL', name, agent.state, event) end
    local ready_at_before = agent.ready_at
    keep_count(name, event, agent.talking == '1')
    for field, value in pairs(FACTS[event]) do agent[field] = value end
    for field, value in pairs(facts or {}) do agent[field] = tostring(value) end
    local state, reason = state_of(agent)
    if state ~= agent.state or reason ~= agent.reason then
        agent.ready_at_before = ready_at_before
        enter(name, agent, event, state, reason)
        agent.ready_at_before = nil
    end
    save(agent_key(name), agent)
    if agent.state == 'wrap_up' then due(agent.ready_at, 'wrap:' .. name) else not_due('wrap:' .. name) end
    return agent
end

local function missed(name, rest_ms)
    local agent = load_agent(name)
    local count, limit = agent.missed + 1, tonumber(agent.missed_limit)
    local facts = {missed = count, ready_at = now + rest_ms}
    if limit > 0 and count >= limit and agent.pause == '' then facts.pause = 'missed' end
    happen(name, 'missed', facts)
end
