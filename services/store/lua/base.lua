-- What every operation of the distribution has at hand. All keys of an account lie in one hash slot, so that Redis
-- Cluster runs the script where they are; which agents and callers an event concerns is known only inside it, so
-- their keys are made here and not handed in.
-- KEYS: the account's due times, the stream of live events.
-- ARGV: operation, account, prefix of the account's keys, now (ms), seed (1 … 2^31 - 2), the operation's own.
local due_key, stream = KEYS[1], KEYS[2]
local account, prefix, now, seed = ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])

local STREAM_LENGTH = 100000 -- about; what a wallboard has not read by then it asks for anew
local LEASE_MS = 10000
local SILENCE_MS = 5000 -- longer than anybody who lives leaves between two renewals
local GRACE_MS = 4000 -- shorter than that: who comes when this is over and finds nobody must not take it for silence
local LOST_PLACE_MS = 60000 -- for the session that takes a call over after a crash
local REMEMBERED_SECONDS = 30 * 24 * 3600 -- who served a caller last
local RECENT = 50 -- answers and scores that an estimate looks at

-- Days are those of China, where no clock is ever changed.
local CHINA_MS, DAY_MS = 8 * 3600000, 24 * 3600000
local KEPT_DAYS_SECONDS = 2 * 24 * 3600 -- what is counted by the day
local function day_of(at) return math.floor((at + CHINA_MS) / DAY_MS) end

-- More than any time in ms: a score of a priority or level times this, plus a time, sorts by one, then the other.
local AGES = 2 ^ 43

local heard_key, groups_key, agents_key = prefix .. 'heard', prefix .. 'groups', prefix .. 'agents'
local totals_key = prefix .. 'totals'
local function agent_key(agent) return prefix .. 'agent:' .. agent end
local function memberships_key(agent) return prefix .. 'memberships:' .. agent end
local function call_key(call) return prefix .. 'call:' .. call end
local function said_key(call) return prefix .. 'said:' .. call end
local function card_key(agent) return prefix .. 'card:' .. agent end
local function last_key(number) return prefix .. 'last:' .. number end
local function group_key(group) return prefix .. 'group:' .. group end
local function ready_key(group) return prefix .. 'ready:' .. group end
local function queue_key(group) return prefix .. 'queue:' .. group end
local function pool_key(group, pool) return prefix .. 'pool:' .. group .. ':' .. pool end
local function answered_key(group) return prefix .. 'answered:' .. group end
local function served_key(group) return prefix .. 'served:' .. group end
local function scores_key(group) return prefix .. 'scores:' .. group end
local function places_key(group) return prefix .. 'places:' .. group end
local function today_key(group, day) return prefix .. 'today:' .. group .. ':' .. day end

local callbacks_key = prefix .. 'callbacks'
local callbacks_free_key = prefix .. 'callbacks:free'
local callbacks_of_hotlines_key = prefix .. 'callbacks:hotlines'
local function callback_key(id) return prefix .. 'callback:' .. id end

local function load(key)
    local flat, record = redis.call('HGETALL', key), {}
    for i = 1, #flat, 2 do record[flat[i]] = flat[i + 1] end
    return record
end

local function save(key, record)
    local flat = {}
    for field, value in pairs(record) do
        flat[#flat + 1], flat[#flat + 2] = field, value
    end
    redis.call('HSET', key, unpack(flat))
end

local function words(text)
    local found = {}
    for word in string.gmatch(text, '%S+') do found[#found + 1] = word end
    return found
end

local function set(list)
    local found = {}
    for _, item in ipairs(list) do found[item] = true end
    return found
end

local function emit(...)
    redis.call('XADD', stream, 'MAXLEN', '~', STREAM_LENGTH, '*', 'at', now, 'account', account, ...)
end

local function due(at, what) redis.call('ZADD', due_key, at, what) end
local function not_due(what) redis.call('ZREM', due_key, what) end

-- 0 … n - 1. Redis' own random numbers are the same in every run of a script; the seed comes from the caller.
local function draw(n)
    seed = seed * 16807 % 2147483647
    return seed % n
end

local function refuse(code, ...) error({err = table.concat({code, ...}, ' ')}) end
