-- What is asked of callbacks. `...` of the first: fields of the callback and their values.
function operations.callback_ask(id, group, number, hotline, of_hotline, of_account, at, ...)
    group_of(group)
    local place = group .. ' ' .. number
    local pending = redis.call('HGET', callbacks_key, place)
    if pending then return {'pending', pending} end
    if redis.call('HLEN', callbacks_key) >= tonumber(of_account) then return {'refused', ''} end
    if tonumber(redis.call('HGET', callbacks_of_hotlines_key, hotline) or 0) >= tonumber(of_hotline) then
        return {'refused', ''}
    end
    redis.call('HSET', callbacks_key, place, id)
    redis.call('HINCRBY', callbacks_of_hotlines_key, hotline, 1)
    local callback = {group = group, number = number, hotline = hotline, attempts = 0, not_before = 0, asked = now}
    local fields = {...}
    for i = 1, #fields, 2 do callback[fields[i]] = fields[i + 1] end
    callback_waits(id, callback, tonumber(at), '')
    redis.call('PUBLISH', CALLBACKS_CHANNEL, account) -- for every process to know when it is due
    return {'agreed', id}
end

-- Gives those that are due and that nobody holds, `most` at a time: they are callers of `process` now.
function operations.callback_claim(process, stay, most)
    local free = redis.call('ZRANGE', callbacks_free_key, 0, tonumber(most) - 1)
    for _, id in ipairs(free) do
        local callback = callback_of(id)
        redis.call('ZREM', callbacks_free_key, id)
        operations.join(id, callback.group, callback.number, callback.priority, process, stay, callback.joined,
            callback.hotline)
        if callback.wanted then
            redis.call('HDEL', callback_key(id), 'wanted')
            operations.pull(id, callback.wanted)
        end
    end
    return free
end

-- An agent wants to make it now, whenever it was due; others still make it if that agent goes. Gives what came of it:
-- `pulled`, or what is wrong.
function operations.callback_want(id, agent)
    load_agent(agent)
    local callback = callback_of(id)
    if not callback then return 'unknown' end
    if callback.state == 'queued' then return operations.pull(id, agent) end
    if callback.state ~= 'waiting' then return 'ringing' end
    if not member_of(agent, callback.group) then return 'no_member' end
    if not may_wait_for(agent, callback.group) then return 'off_duty' end
    callback.wanted = agent
    callback_waits(id, callback, now, 'wanted')
    return 'pulled'
end

-- Back from the queue, until `at`.
function operations.callback_postpone(id, at, reason, stay)
    local call = caller(id)
    if not call or call.stay ~= stay or not callback_of(id) then return end
    redis.call('HSET', callback_key(id), 'not_before', at)
    forget(id, call, reason)
end

-- The agent has picked up, in a session of `process`. Gives 1 when the offer still stands.
function operations.callback_take(id, offer, agent, process, stay)
    local callback = callback_of(id)
    if not callback or callback.state ~= 'offered' or not answers(caller(id), offer, agent) then return 0 end
    redis.call('HSET', call_key(id), 'stay', stay) -- who held it before has nothing to say any more
    operations.renew(process, id)
    return 1
end

-- The customer is about to be dialled, once for each offer. Gives which attempt this is; 0: do not.
function operations.callback_ring(id, offer, agent, attempts_limit, interval_ms, ring_ms)
    local callback = callback_of(id)
    if not callback or callback.state ~= 'offered' or not answers(caller(id), offer, agent) then return 0 end
    callback.attempts = callback.attempts + 1
    callback.attempts_limit, callback.interval_ms, callback.ring_ms = attempts_limit, interval_ms, ring_ms
    callback_enters(id, callback, 'ringing', '')
    return callback.attempts
end

-- The customer has answered, whatever became of the attempt otherwise.
function operations.callback_reached(id)
    local callback = callback_of(id)
    if callback then callback_ends(id, callback, 'answered', '') end
end

-- Ends it for good. A customer who is being dialled already is not hung up on.
local function callback_given_up(id, callback, outcome, reason)
    local state, call = callback.state, caller(id)
    callback_ends(id, callback, outcome, reason)
    if call and state ~= 'ringing' then
        forget(id, call, 'closed')
        redis.call('PUBLISH', 'wake:' .. call.process, cjson.encode({account = account, call = id, offer = 0}))
    end
end

-- Gives 1 when there was one.
function operations.callback_cancel(id, reason)
    local callback = callback_of(id)
    if not callback then return 0 end
    callback_given_up(id, callback, 'cancelled', reason)
    return 1
end

-- The number's caller talks to an agent of the group: called back, or because it called again.
function callback_answered(id, call)
    local callback = callback_of(id)
    if callback then return callback_ends(id, callback, 'answered', '') end
    local pending = call.number ~= '' and redis.call('HGET', callbacks_key, call.group .. ' ' .. call.number)
    local other = pending and callback_of(pending)
    if other and other.state ~= 'ringing' then callback_given_up(pending, other, 'cancelled', 'got_through') end
end

-- It is time to try, or too late for it. One that an agent is being rung for is left to end by itself.
function callback_due(id)
    local callback = callback_of(id)
    not_due('callback:' .. id)
    if callback.state == 'waiting' and now < tonumber(callback.expires) then
        due(callback.expires, 'callback:' .. id)
        return offer_to_processes(id, callback)
    end
    if callback.state == 'waiting' or callback.state == 'queued' then
        callback_given_up(id, callback, 'expired', '')
    end
end
