-- (limits.lua stands before this.) Counts one call of a route that accepts nothing.
-- Returns {limit that refuses or 0, then remaining and µs to wait of each}
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local over, filled, told = standing(1, 1, now)
if not over then count(1, filled, now) end
return {over or 0, unpack(told)}
