-- A call is over, unless another session has it by now. KEYS: as of enter_caps, the first two. ARGV: call, stay.
if redis.call('HGET', KEYS[2], ARGV[1]) == ARGV[2] then
    redis.call('ZREM', KEYS[1], ARGV[1])
    redis.call('HDEL', KEYS[2], ARGV[1])
end
