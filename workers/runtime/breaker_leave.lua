-- Records how a call ended. KEYS: 1 breaker  2 trial token
-- ARGV: 1 success, failure or neither  2 window (ms)  3 failures that open  4 pause (ms)  5 longest pause (ms)
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local was = redis.call('HMGET', KEYS[1], 'start', 'calls', 'failures', 'open_until', 'opened')
local start, calls, failures = tonumber(was[1] or 0), tonumber(was[2] or 0), tonumber(was[3] or 0)
local open_until, opened = tonumber(was[4] or 0), tonumber(was[5] or 0)
local succeeded = ARGV[1] == 'success'
redis.call('HSET', KEYS[1], succeeded and 'last_success' or 'last_failure', string.format('%.0f', now))

if ARGV[1] == 'neither' then                 -- the provider answered, so it is not away: others may try
  redis.call('DEL', KEYS[2])
  redis.call('PEXPIRE', KEYS[1], 86400000)
  return 0
end

if open_until > 0 then                       -- this was the trial, or a call that began before it opened
  if succeeded then
    redis.call('DEL', KEYS[1], KEYS[2])
    redis.call('HSET', KEYS[1], 'last_success', string.format('%.0f', now))
  elseif open_until <= now then
    local pause = math.min(tonumber(ARGV[4]) * 2 ^ opened, tonumber(ARGV[5]))
    redis.call('HSET', KEYS[1], 'open_until', string.format('%.0f', now + pause), 'opened', opened + 1)
    redis.call('DEL', KEYS[2])
  end
else
  if now - start > tonumber(ARGV[2]) then start, calls, failures = now, 0, 0 end
  calls = calls + 1
  if not succeeded then failures = failures + 1 end
  redis.call('HSET', KEYS[1], 'start', string.format('%.0f', start), 'calls', calls, 'failures', failures)
  if failures >= tonumber(ARGV[3]) and failures * 2 >= calls then
    redis.call('HSET', KEYS[1], 'open_until', string.format('%.0f', now + tonumber(ARGV[4])), 'opened', 1)
  end
end
redis.call('PEXPIRE', KEYS[1], 86400000)
return 0
