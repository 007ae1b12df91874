-- Puts messages out about entries of a stream, and moves on in it, unless somebody else has.
-- KEYS: how far the stream was read, the stream of messages. ARGV: how far it was, how far it is, about how many
-- messages may wait, then the messages. Gives 1 when they were put out.
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
for i = 4, #ARGV do
    redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[3], '*', 'message', ARGV[i], 'attempts', 0)
end
redis.call('SET', KEYS[1], ARGV[2])
return 1
