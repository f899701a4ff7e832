-- Makes tokens void. Of two changes of the same rights the newer stays, whichever is told last.
-- KEYS: one an entry   ARGV: for each entry: value, seconds
for i = 1, #KEYS do
  local value, seconds = tonumber(ARGV[i * 2 - 1]), ARGV[i * 2]
  local known = tonumber(redis.call('GET', KEYS[i]) or 0)
  redis.call('SET', KEYS[i], math.max(value, known), 'EX', seconds)
end
return 1
