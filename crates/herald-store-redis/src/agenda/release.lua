-- Gives rows back that a holder has. ARGV: …, holder, until when they rest (microseconds, "" for not at all), ids.
-- Answers when each can be taken next, "" for one that is not due at all or was not his.
--
-- A row rests only if that is after it is due, and if it has not changed since it was taken: who held it may not have seen that.

local holder, rests, next = ARGV[2], tonumber(ARGV[3]), {}
for place = 4, #ARGV do
  local id = ARGV[place]
  local lease = lease_on(id)
  local wake
  if lease and lease.holder == holder then
    redis.call('HDEL', LEASES, id)
    wake = due(id)
    if wake then
      if rests and lease.changed == UNCHANGED then wake = math.max(wake, rests) end
      redis.call('ZADD', WAKES, number(wake), id)
    end
  end
  next[#next + 1] = wake and number(wake) or ''
end
return next
