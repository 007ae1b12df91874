-- What agents did on a day: milliseconds in each state that is over, calls answered and missed.
local function workday_key(agent, day) return prefix .. 'workday:' .. agent .. ':' .. day end

local function add_to_workday(name, day, what, by)
    local key = workday_key(name, day)
    redis.call('HINCRBY', key, what, by)
    redis.call('EXPIRE', key, KEPT_DAYS_SECONDS)
end

local function counted_as(agent)
    if agent.state == 'offline' then return agent.reason == 'unreachable' and 'unreachable' or nil end
    if agent.state == 'busy' and agent.reason == 'own_call' then return 'own_call' end
    return agent.state
end

-- The state that the agent is in ends. What lies before midnight is of the day before.
local function keep_time(name, agent, until_)
    local what = counted_as(agent)
    if not what then return end
    local day = day_of(until_)
    local midnight = day * DAY_MS - CHINA_MS
    local since = math.min(tonumber(agent.since), tonumber(until_))
    if since < midnight then
        add_to_workday(name, day - 1, what, midnight - math.max(since, midnight - DAY_MS))
        since = midnight
    end
    add_to_workday(name, day, what, until_ - since)
end

-- Who dropped a call at once has not answered it.
local function keep_count(name, event, was_talking)
    local day = day_of(now)
    if event == 'answered' or event == 'handed' then add_to_workday(name, day, 'answered', 1) end
    if event == 'missed' then add_to_workday(name, day, 'missed', 1) end
    if event == 'missed' and was_talking then add_to_workday(name, day, 'answered', -1) end
end
