-- Publishes a batch in one step. ARGV: a new epoch, seconds a stream lives, seconds its meta lives, entries kept,
-- and then for each publication: topic, idempotency key ("" = none), "1" to keep it, payload, and whose version it is
-- ("" = nothing's) with its number.
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

for i = 5, #ARGV, 6 do
  local topic, key, payload, of, number = ARGV[i], ARGV[i + 1], ARGV[i + 3], ARGV[i + 4], ARGV[i + 5]
  local done, seen = "relay:done:" .. topic .. ":" .. key, "relay:seen:" .. topic .. ":" .. of
  local known = key ~= "" and redis.call("EXISTS", done) == 1
  local old = of ~= "" and tonumber(number) <= tonumber(redis.call("GET", seen) or "-1")
  if not known and not old then
    if ARGV[i + 2] == "1" then
      append(topic, payload)
    else
      redis.call("PUBLISH", "relay:" .. topic, "::" .. payload)
    end
    -- Last: what failed may be tried again.
    if key ~= "" then redis.call("SET", done, "1", "EX", stream_life) end
    if of ~= "" then redis.call("SET", seen, number, "EX", stream_life) end
  end
end
