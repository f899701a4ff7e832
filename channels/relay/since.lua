-- What a topic's stream has behind a position. ARGV: a new epoch, seconds a meta hash lives, topic, epoch, offset, limit.
local meta, stream = "relay:meta:" .. ARGV[3], "relay:stream:" .. ARGV[3]
local found = redis.call("HMGET", meta, "epoch", "offset")
if not found[1] then
  found[1] = ARGV[1]
  redis.call("HSET", meta, "epoch", found[1])
  redis.call("EXPIRE", meta, ARGV[2])
  redis.call("DEL", stream)
end
local entries = {}
if found[1] == ARGV[4] then
  entries = redis.call("XRANGE", stream, "(" .. ARGV[5] .. "-0", "+", "COUNT", ARGV[6])
end
return { found[1], tonumber(found[2] or "0"), entries }
