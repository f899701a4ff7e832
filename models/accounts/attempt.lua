-- Counts an attempt to sign in to one account, before anybody looks at the password.
-- KEYS: 1 failures of strangers  2 failures from this address  3 marker: this address has signed in before
-- ARGV: 1 attempts that are free  2 longest wait (µs)  3 seconds after which failures are forgotten
-- Returns the µs to wait, or 0: the attempt is counted, and the next one may have to wait.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local key = redis.call('EXISTS', KEYS[3]) == 1 and KEYS[2] or KEYS[1]
local ready = tonumber(redis.call('HGET', key, 'ready') or 0)
if ready > now then return ready - now end
local count = redis.call('HINCRBY', key, 'count', 1)
if count >= tonumber(ARGV[1]) then
  local wait = math.min(1000000 * 2 ^ math.min(count - ARGV[1], 30), tonumber(ARGV[2]))
  redis.call('HSET', key, 'ready', string.format('%.0f', now + wait))
end
redis.call('EXPIRE', key, ARGV[3])
return 0
