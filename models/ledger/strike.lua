-- Strikes a shard's entries up to and with a sequence; entries that came later stay.
-- KEYS: 1 shard   ARGV: 1 sequence   Returns how many entries are left.
local upto = tonumber(ARGV[1])
while true do
  local head = redis.call('LINDEX', KEYS[1], 0)
  if not head or tonumber(string.match(head, '^%d+') or 0) > upto then break end
  redis.call('LPOP', KEYS[1])
end
return redis.call('LLEN', KEYS[1])
