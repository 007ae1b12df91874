-- Moves a checkpoint if it still is where the caller believes it to be.
-- KEYS: the checkpoint. ARGV: where it was ('' for nowhere yet), where it goes. Gives 1 when it was moved.
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then
    return 0
end
redis.call('SET', KEYS[1], ARGV[2])
return 1
