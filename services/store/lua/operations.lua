-- Callers' operations, and what is due.
local operations = {}
local callback_answered, callback_due -- callback_operations.lua

local function caller(id)
    local call = load(call_key(id))
    return call.state and call
end

-- The caller's own offer after everything that this operation caused, or nothing.
local function offer_of(id)
    return function()
        local call = caller(id)
        if not call or call.state ~= 'ringing' then return {} end
        return {tonumber(call.offer), call.agents}
    end
end

local function keep_place(group, field, joined, ms)
    redis.call('HSET', places_key(group), field, joined)
    due(now + ms, 'place:' .. group .. ':' .. field)
end

local function take_place(group, field)
    local joined = redis.call('HGET', places_key(group), field)
    if joined then
        redis.call('HDEL', places_key(group), field)
        not_due('place:' .. group .. ':' .. field)
    end
    return tonumber(joined or nil)
end

-- What was announced to the caller is compared with what came: 1 true, 0 false (services/domain/waiting.py).
local function keep_score(id, group, answered)
    for _, said in ipairs(redis.call('LRANGE', said_key(id), 0, -1)) do
        local at, least, most = string.match(said, '^(%d+) (%d+) (%d+)$')
        local waited = now - at
        local true_ = answered and tonumber(least) <= waited and waited <= tonumber(most)
        if answered or waited > tonumber(most) then redis.call('LPUSH', scores_key(group), true_ and 1 or 0) end
    end
    redis.call('LTRIM', scores_key(group), 0, RECENT - 1)
end

local function free_agents(call)
    local wrap_ms = group_of(call.group).wrap_ms
    for _, agent in ipairs(words(call.agents)) do
        if call.state == 'talking' then
            happen(agent, 'ended', {ready_at = now + wrap_ms})
        else
            happen(agent, 'withdrawn')
        end
    end
end

local function forget(id, call, reason)
    if call.state == 'waiting' then dequeue(id, call) end
    free_agents(call)
    not_due('lease:' .. id)
    redis.call('DEL', call_key(id), said_key(id))
    local turned = call.state ~= 'talking' and TURNED[reason]
    tell(id, call, 'left', reason, turned and count(call, reason, now, 1))
    callback_comes_back(id, reason)
end

local function oldest(...)
    local found
    for i = 1, select('#', ...) do
        local joined = select(i, ...)
        if joined and (not found or joined < found) then found = joined end
    end
    return found
end

local function hold_for(call, number)
    local group = group_of(call.group)
    call.hold = tonumber(group.returning_ms) > 0 and number ~= '' and redis.call('GET', last_key(number)) or ''
    call.hold_until = call.joined + group.returning_ms
end

-- Since when the call is on the line in queues, '' of a callback; and as what it is counted, nothing when it was before.
local function arrival(id, since, old, lost)
    if callback_of(id) then return '' end
    if old then return old.arrived or '' end
    return since or lost or now, not lost and (since and 'came_over' or 'arrived') or nil
end

-- `since`: the age it brings along from another queue, or ''. Gives when its age began, then its offer; nothing: full.
function operations.join(id, name, number, priority, process, stay, since, hotline, region)
    local group, old = group_of(name), caller(id)
    if old then forget(id, old, 'rejoined') end
    local again, lost = old and old.group == name and old, take_place(name, 'call:' .. id)
    local kept = oldest(
        tonumber(since), again and tonumber(again.joined) or nil,
        lost, number ~= '' and take_place(name, 'number:' .. number) or nil
    )
    local arrived, counted = arrival(id, tonumber(since), again, lost)
    local turn = redis.call('HINCRBY', group_key(name), 'turn', 1) - 1
    local call = {
        group = name, number = number, priority = priority, process = process, stay = stay, joined = kept or now,
        since = now, start = turn % group.size, tried = '', offer = 0, pulled = '', channel = '', hotline = hotline,
        region = region, arrived = arrived,
    }
    hold_for(call, number)
    due(now + LEASE_MS, 'lease:' .. id)
    enqueue(id, call)
    tell(id, call, 'waiting', '', counted and count(call, counted, now, 1))
    return function() -- a queue is full only for who has to wait
        if not kept and redis.call('ZCARD', queue_key(name)) > tonumber(group.capacity) then
            local late = caller(id)
            if late.state == 'waiting' then
                forget(id, late, 'full')
                return {}
            end
        end
        return {tonumber(call.joined), unpack(offer_of(id)())}
    end
end

-- The call goes to one agent whom somebody has named. `name`: whose terms apply, '' no group's. Gives the offer; nothing: the agent has a call already.
function operations.claim(id, name, agent, process, stay)
    local old = caller(id)
    if old then forget(id, old, 'transferred') end
    group_of(name)
    local named = load_agent(agent)
    if named.call ~= '' or not TRANSITIONS[named.state].offered then return {} end
    due(now + LEASE_MS, 'lease:' .. id)
    reserve(id, {
        group = name, number = '', priority = 0, process = process, stay = stay, joined = now, since = now, start = 0,
        tried = '', pool = '', hold = '', hold_until = 0, pulled = '', channel = '',
    }, {agent})
    return offer_of(id)
end

-- The talk goes on with another agent, or, '', with nobody of ours; whoever had it has not dropped it. Gives 1 when there
-- is a talk.
function operations.handed(id, agent)
    local call = caller(id)
    if not call or call.state ~= 'talking' then return 0 end
    free_agents(call)
    local free = agent ~= '' and redis.call('HGET', agent_key(agent), 'call') == ''
    if free then
        happen(agent, 'handed', {call = id})
        pass_card(id, call.agents, agent)
    end
    call.agents, call.since, call.channel, call.offer = free and agent or '', now, '', 0
    save(call_key(id), call)
    tell(id, call, 'talking', 'handed')
    return 1
end

-- `stay`: which one, or '' for any. Gives 1 when the caller was known.
function operations.leave(id, reason, stay)
    local call = caller(id)
    if not call or (stay ~= '' and call.stay ~= stay) then return 0 end
    if call.state ~= 'talking' then
        keep_score(id, call.group, false)
        local place_ms = tonumber(group_of(call.group).place_ms)
        if (reason == 'abandoned' or reason == 'lost') and call.number ~= '' and place_ms > 0 then
            keep_place(call.group, 'number:' .. call.number, call.joined, place_ms)
        end
        if reason == 'lost' then keep_place(call.group, 'call:' .. id, call.joined, LOST_PLACE_MS) end
    end
    forget(id, call, reason)
    return 1
end

local function answers(call, offer, agent)
    return call and call.state == 'ringing' and call.offer == offer and set(words(call.agents))[agent]
end

-- The first agent to begin a talk has the caller. Gives 1 to the winner, 0 to everybody later. `channel`: the agent's.
function operations.answered(id, offer, agent, channel)
    local call = caller(id)
    if not answers(call, offer, agent) then return 0 end
    local group = group_of(call.group)
    for _, other in ipairs(words(call.agents)) do
        happen(other, other == agent and 'answered' or 'withdrawn')
    end
    call.state, call.since, call.agents, call.channel = 'talking', now, agent, channel
    save(call_key(id), call)
    if call.group ~= '' then
        redis.call('HINCRBY', answered_key(call.group), agent, 1)
        redis.call('LPUSH', served_key(call.group), now)
        redis.call('LTRIM', served_key(call.group), 0, RECENT - 1)
    end
    keep_score(id, call.group, true)
    if tonumber(group.returning_ms) > 0 and call.number ~= '' then
        redis.call('SET', last_key(call.number), agent, 'EX', REMEMBERED_SECONDS)
    end
    tell(id, call, 'talking', '', count(call, 'answered', now, 1))
    callback_answered(id, call)
    return 1
end

-- The talk was so short that it counts for nothing, but for what was announced. Gives what is counted no more.
local function take_back_answer(call)
    redis.call('HINCRBY', answered_key(call.group), call.agents, -1)
    redis.call('LREM', served_key(call.group), 1, call.since)
    return count(call, 'answered', tonumber(call.since), -1)
end

-- `...`: who of the offer's agents missed it; nobody named: all. When one of them talks already, it was that one, who
-- dropped the call at once. Gives the caller's next offer, if there is one.
function operations.missed(id, offer, ...)
    local call, named, left = caller(id), set({...}), {}
    if not call or call.state == 'waiting' or call.offer == '0' or call.offer ~= offer then return offer_of(id) end
    local counted
    if call.state == 'talking' then
        counted = take_back_answer(call)
        named = {}
    end
    local tried = set(words(call.tried))
    for _, agent in ipairs(words(call.agents)) do
        if next(named) and not named[agent] then
            left[#left + 1] = agent
        else
            missed(agent, group_of(call.group).rest_ms)
            if not tried[agent] then call.tried = call.tried .. ' ' .. agent end
        end
    end
    call.agents = table.concat(left, ' ')
    if #left == 0 then
        call.hold, call.pulled, call.since = '', '', now
        enqueue(id, call)
        tell(id, call, 'waiting', 'missed', counted)
    else
        save(call_key(id), call)
        tell(id, call, 'ringing', 'missed')
    end
    return offer_of(id)
end

-- Keeps these calls, waiting, ringing or talking, for `process`. Gives one of each: 0 unknown, 1 held, and of a ringing
-- one its offer and agents.
function operations.renew(process, ...)
    local found = {}
    for i, id in ipairs({...}) do
        local call = caller(id)
        if call then
            redis.call('HSET', call_key(id), 'process', process)
            due(now + LEASE_MS, 'lease:' .. id)
        end
        found[i] = {call and 1 or 0, unpack(offer_of(id)())}
    end
    return found
end

-- The caller is offered to this agent next, before all others and to nobody else, until the agent misses it or goes.
-- Gives what became of it: `pulled`, or what is wrong.
function operations.pull(id, agent)
    load_agent(agent)
    local call = caller(id)
    if not call then return 'unknown' end
    if call.state ~= 'waiting' then return call.state end
    if not member_of(agent, call.group) then return 'no_member' end
    if not may_wait_for(agent, call.group) then return 'off_duty' end
    call.pulled = agent
    save(call_key(id), call)
    aim_again(id)
    tell(id, call, 'waiting', 'pulled')
    return 'pulled'
end

function operations.announce(id, least, most)
    if caller(id) then redis.call('RPUSH', said_key(id), string.format('%d %d %d', now, least, most)) end
end

-- A caller is on the line, whether or not a queue will ever know of it.
function operations.started(call, hotline, number, region)
    emit('of', 'call', 'state', 'started', 'call', call, 'hotline', hotline, 'number', number, 'region', region)
end

function operations.show(call, card, ...) show_card(call, card, {...}) end

function operations.advance() end

local WHEN_DUE = {
    lease = function(id) operations.leave(id, 'lost', '') end,
    widen = aim_again,
    wrap = function(agent) happen(agent, 'wrapped') end,
    callback = function(id) callback_due(id) end,
    place = function(place) take_place(string.match(place, '^([^:]+):(.*)$')) end,
}

-- Where nothing was heard of anybody, it was Redis that could not be reached, and no call is given up for that: its
-- process has a while to renew it. That holds of those as well whose lease would run out in just that while.
local function forgive_silence()
    local heard = tonumber(redis.call('GET', heard_key) or now)
    redis.call('SET', heard_key, math.max(now, heard))
    if now - heard <= SILENCE_MS then return end
    for _, what in ipairs(redis.call('ZRANGEBYSCORE', due_key, '-inf', now + GRACE_MS)) do
        if string.sub(what, 1, 6) == 'lease:' then due(now + GRACE_MS, what) end
    end
end

-- What is due happens before anything else, in the order in which it was due.
local function pass_time()
    forgive_silence()
    for _ = 1, 100 do -- the rest in the next call: nobody waits long for one that has much to make good
        local what = redis.call('ZRANGEBYSCORE', due_key, '-inf', now, 'LIMIT', 0, 1)[1]
        if not what then break end
        local kind, of = string.match(what, '^(%a+):(.*)$')
        WHEN_DUE[kind](of)
    end
    serve()
end
