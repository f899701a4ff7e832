-- (limits.lua stands before this.)
-- Accepts one envelope: idempotency, limits, room, sequence, entry, and whether somebody must be woken. All or nothing.
-- KEYS: 1 shard  2 shard's state  3 idempotency record or ''  4… one a limit
-- ARGV: 1 envelope  2 message id  3 body hash  4 idempotency seconds  5 ledger maximum  6 all shards' prefix  7 shards
--       8… for each limit: count, window (µs), refuse (1) or only tell (0)
-- Returns {outcome, sequence, wake, id, limit index, then for each limit: remaining, µs until a place is free}
local shard, state, record = KEYS[1], KEYS[2], KEYS[3]
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])

if record ~= '' then
  local known = redis.call('HMGET', record, 'id', 'body', 'sequence')
  if known[1] then
    if known[2] ~= ARGV[3] then return {'mismatch', 0, 0, '', 0} end
    return {'known', known[3], 0, known[1], 0}
  end
end

local over, filled, told = standing(4, 8, now)
if over then return {'limited', 0, 0, '', over, unpack(told)} end

local total = 0
for n = 0, tonumber(ARGV[7]) - 1 do total = total + redis.call('LLEN', ARGV[6] .. n) end
if total >= tonumber(ARGV[5]) then return {'full', 0, 0, '', 0} end

count(4, filled, now)
local last = tonumber(redis.call('HGET', state, 'last') or 0)
local sequence = string.format('%.0f', math.max(now, last + 1))
if record ~= '' then
  redis.call('HSET', record, 'id', ARGV[2], 'body', ARGV[3], 'sequence', sequence)
  redis.call('EXPIRE', record, ARGV[4])
end

-- Wake when nobody can be on the way: the shard was empty, or its head and the last wake-up are over a second old.
local head = redis.call('LINDEX', shard, 0)
local wake = 0
if not head then
  wake = 1
else
  local since = math.max(tonumber(string.match(head, '^%d+') or 0), tonumber(redis.call('HGET', state, 'woken') or 0))
  if now - since > 1000000 then wake = 1 end
end
local after = 0                              -- beyond a limit that does not refuse: to be answered only then
for i = 2, #told, 2 do if told[i] > 0 then after = math.max(after, now + told[i]) end end
redis.call('RPUSH', shard, sequence .. ' ' .. string.format('%.0f', after) .. ' ' .. ARGV[1])
redis.call('HSET', state, 'last', sequence)
if wake == 1 then redis.call('HSET', state, 'woken', string.format('%.0f', now)) end

local answer = {'accepted', sequence, wake, ARGV[2], 0}
for i = 1, #told do answer[#answer + 1] = told[i] end
return answer
