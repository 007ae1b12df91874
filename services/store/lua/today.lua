-- What became of the callers of a day, hour by hour and by how long they had waited, for wallboards. Callers who are
-- called back and calls to an agent somebody has named are none of them.
local HOUR_MS = 3600000
local LONGEST_WAIT = 3600 -- seconds; who waited longer counts as one who waited so long

local TURNED = {abandoned = true, overflow = true, key = true, closed = true, full = true, unanswered = true}

-- Gives what was counted, `day hour outcome seconds by`, for the entry that tells of it; seconds begun count. It is counted
-- of all days together, too, where nothing is ever counted down.
local function count(call, outcome, at, by)
    if (call.arrived or '') == '' then return '' end
    local hour = math.floor((at + CHINA_MS) % DAY_MS / HOUR_MS)
    local waited = math.min(math.ceil(math.max(at - call.arrived, 0) / 1000), LONGEST_WAIT)
    local key, what = today_key(call.group, day_of(at)), string.format('%d %s %d', hour, outcome, waited)
    redis.call('HINCRBY', key, what, by)
    redis.call('EXPIRE', key, KEPT_DAYS_SECONDS)
    redis.call('HINCRBY', totals_key, by > 0 and outcome or 'taken_back', 1)
    return string.format('%d %s %d', day_of(at), what, by)
end
