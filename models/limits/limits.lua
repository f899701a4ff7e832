-- Limits by the generic cell rate algorithm: a key holds the time (µs) at which its bucket is empty again.
-- In KEYS from `first` on: one a limit. In ARGV from `at` on: count, window (µs), refuse (1) or only tell (0), for each.

-- Returns the index of the first limit that refuses (or nil), the new fillings, and {remaining, µs to wait} of each.
local function standing(first, at, now)
  local filled, told, over = {}, {}, nil
  for i = first, #KEYS do
    local j = at + (i - first) * 3
    local count, window, refuses = tonumber(ARGV[j]), tonumber(ARGV[j + 1]), ARGV[j + 2] == '1'
    local step = window / count
    local full = math.max(tonumber(redis.call('GET', KEYS[i]) or 0), now) + step
    local excess = math.max(0, math.ceil(full - now - window))
    if excess > 0 and refuses and not over then over = i - first + 1 end
    filled[i] = full
    told[#told + 1] = math.max(0, math.floor((window - (full - now)) / step))
    told[#told + 1] = excess
  end
  return over, filled, told
end

local function count(first, filled, now)
  for i = first, #KEYS do
    redis.call('SET', KEYS[i], string.format('%.0f', filled[i]), 'PX', math.ceil((filled[i] - now) / 1000) + 1)
  end
end

