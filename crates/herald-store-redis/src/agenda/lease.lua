-- Takes rows that can be taken, the earliest first. ARGV: …, holder, how long (microseconds), how many at most.
-- Answers the time, and the ids.

local holder, till = ARGV[2], ends(ARGV[3])
local taken = redis.call('ZRANGE', WAKES, '-inf', number(now), 'BYSCORE', 'LIMIT', '0', ARGV[4])
for _, id in ipairs(taken) do
  hold(id, holder, till, UNCHANGED)
end
return { number(now), taken }
