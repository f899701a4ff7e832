-- May a call be made? KEYS: 1 breaker  2 trial token
-- ARGV: 1 the trial token's life (ms)  2 the longest wait for somebody else's trial (ms)
-- Returns 0 to go ahead, else the milliseconds to wait. When the pause is over, one caller at a time tries.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local open_until = tonumber(redis.call('HGET', KEYS[1], 'open_until') or 0)
if open_until == 0 then return 0 end
if open_until > now then return open_until - now end
if redis.call('SET', KEYS[2], '1', 'NX', 'PX', ARGV[1]) then return 0 end
return math.max(1, math.min(tonumber(ARGV[2]), redis.call('PTTL', KEYS[2])))
