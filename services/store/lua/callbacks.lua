-- Callbacks: customers who are called back instead of waiting on the line. One that is due and held by a process stands
-- in its group's queue as a caller, whose id is the callback's; what befalls that caller moves the callback.
local CALLBACKS_CHANNEL = 'callbacks'

local function callback_of(id)
    local callback = load(callback_key(id))
    return callback.state and callback
end

local function callback_enters(id, callback, state, reason)
    callback.state, callback.since = state, now
    save(callback_key(id), callback)
    emit('of', 'callback', 'callback', id, 'state', state, 'reason', reason, 'group', callback.group,
        'number', callback.number, 'hotline', callback.hotline, 'call', callback.asked_in,
        'attempts', callback.attempts, 'joined', callback.joined, 'due', callback.due)
end

local function callback_ends(id, callback, outcome, reason)
    callback_enters(id, callback, outcome, reason)
    redis.call('DEL', callback_key(id))
    redis.call('ZREM', callbacks_free_key, id)
    redis.call('HDEL', callbacks_key, callback.group .. ' ' .. callback.number)
    if redis.call('HINCRBY', callbacks_of_hotlines_key, callback.hotline, -1) <= 0 then
        redis.call('HDEL', callbacks_of_hotlines_key, callback.hotline)
    end
    not_due('callback:' .. id)
end

-- Its time has come: the process that claims it first has it.
local function offer_to_processes(id, callback)
    redis.call('ZADD', callbacks_free_key, callback.joined, id)
    redis.call('PUBLISH', CALLBACKS_CHANNEL, account)
end

local function callback_waits(id, callback, at, reason)
    local expires = tonumber(callback.expires)
    if now >= expires then return callback_ends(id, callback, 'expired', reason) end
    callback.due = math.max(at, now)
    callback_enters(id, callback, 'waiting', reason)
    due(math.min(callback.due, expires), 'callback:' .. id)
    if callback.due <= now then
        due(expires, 'callback:' .. id)
        offer_to_processes(id, callback)
    end
end

-- Follows the caller into the queue, and to an agent.
local function callback_follows(id, state)
    local callback = callback_of(id)
    if callback and callback.state ~= state then callback_enters(id, callback, state, '') end
end

-- The caller has left the distribution. An attempt that was lost with its process may still ring the customer.
local function callback_comes_back(id, reason)
    local callback = callback_of(id)
    if not callback or reason == 'rejoined' then return end
    if callback.state ~= 'ringing' then return callback_waits(id, callback, tonumber(callback.not_before), reason) end
    if tonumber(callback.attempts) >= tonumber(callback.attempts_limit) then
        return callback_ends(id, callback, 'failed', reason)
    end
    local pause = tonumber(callback.interval_ms)
    if reason == 'lost' then pause = math.max(pause, tonumber(callback.ring_ms)) end
    callback_waits(id, callback, now + pause, reason)
end
