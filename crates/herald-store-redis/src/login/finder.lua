-- Changes where a finder leads, if it still leads where its reader saw it lead.
--
-- KEYS: the finder. ARGV: the value seen; the new value, or "" to forget the finder; for how many milliseconds it is kept at least.
-- Answers 1 when it is done, 0 when the finder had changed.

local name, seen, value, life = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3])

if redis.call('GET', name) ~= seen then return 0 end
if value == '' then
  redis.call('DEL', name)
else
  redis.call('SET', name, value, 'PX', string.format('%d', math.max(life, redis.call('PTTL', name))))
end
return 1
