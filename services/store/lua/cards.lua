-- What agents are shown of whom their phones ring for, also of a caller of whom no queue knows.
local CARD_SECONDS = 12 * 3600

local function show_card(call, card, agents)
    for _, agent in ipairs(agents) do redis.call('SET', card_key(agent), card, 'EX', CARD_SECONDS) end
    emit('of', 'card', 'state', 'shown', 'call', call, 'agents', table.concat(agents, ' '))
end

-- Who goes on with a talk is shown what was shown to who had it.
local function pass_card(call, from, to)
    local card = redis.call('GET', card_key(from))
    if card and cjson.decode(card).call == call then show_card(call, card, {to}) end
end
