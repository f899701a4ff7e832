-- Puts revocations back into a Redis that was wiped, if it was not wiped once more since they were read.
-- KEYS: 1 marker  2 the seeder's nonce  3… one an entry   ARGV: 1 nonce  2… for each entry: value, seconds
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
for i = 3, #KEYS do
  local value, seconds = tonumber(ARGV[(i - 2) * 2]), ARGV[(i - 2) * 2 + 1]
  local known = tonumber(redis.call('GET', KEYS[i]) or 0)
  redis.call('SET', KEYS[i], math.max(value, known), 'EX', seconds)
end
redis.call('SET', KEYS[1], 1)
redis.call('DEL', KEYS[2])
return 1
