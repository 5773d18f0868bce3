-- Takes those of these rows that can be taken. ARGV: …, holder, how long (microseconds), ids. Answers the time, and the ids.

local holder, till, taken = ARGV[2], ends(ARGV[3]), {}
for place = 4, #ARGV do
  local id = ARGV[place]
  local wake = tonumber(redis.call('ZSCORE', WAKES, id))
  if wake and wake <= now then
    hold(id, holder, till, UNCHANGED)
    taken[#taken + 1] = id
  end
end
return { number(now), taken }
