-- Publishes a batch in one step. ARGV: a new epoch, seconds a stream lives, seconds its meta lives, entries kept,
-- and then for each publication: topic, idempotency key ("" = none), "1" to keep it, payload.
local new_epoch, stream_life, meta_life, kept = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local function append(topic, payload)
  local meta, stream = "relay:meta:" .. topic, "relay:stream:" .. topic
  local epoch = redis.call("HGET", meta, "epoch")
  if not epoch then
    epoch = new_epoch
    redis.call("HSET", meta, "epoch", epoch)
    redis.call("DEL", stream) -- entries of an earlier life would be taken for this one's
  end
  local offset = redis.call("HINCRBY", meta, "offset", 1)
  redis.call("XADD", stream, "MAXLEN", "~", kept, offset .. "-0", "d", payload)
  redis.call("EXPIRE", stream, stream_life)
  redis.call("EXPIRE", meta, meta_life)
  redis.call("PUBLISH", "relay:" .. topic, offset .. ":" .. epoch .. ":" .. payload)
end

for i = 5, #ARGV, 4 do
  local topic, key, payload = ARGV[i], ARGV[i + 1], ARGV[i + 3]
  local done = "relay:done:" .. topic .. ":" .. key
  if key == "" or redis.call("EXISTS", done) == 0 then
    if ARGV[i + 2] == "1" then
      append(topic, payload)
    else
      redis.call("PUBLISH", "relay:" .. topic, "::" .. payload)
    end
    if key ~= "" then
      redis.call("SET", done, "1", "EX", stream_life) -- last: what failed may be tried again
    end
  end
end
