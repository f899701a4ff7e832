-- Where the streams of the topics stand now. ARGV: a new epoch, seconds a meta hash lives, topics.
-- A stream gets its epoch when it is first looked at: whoever saw it empty can later tell that it lost nothing.
local answer = {}
for i = 3, #ARGV do
  local meta = "relay:meta:" .. ARGV[i]
  local found = redis.call("HMGET", meta, "epoch", "offset")
  if not found[1] then
    found[1] = ARGV[1]
    redis.call("HSET", meta, "epoch", found[1])
    redis.call("EXPIRE", meta, ARGV[2])
    redis.call("DEL", "relay:stream:" .. ARGV[i])
  end
  answer[#answer + 1] = { found[1], tonumber(found[2] or "0") }
end
return answer
