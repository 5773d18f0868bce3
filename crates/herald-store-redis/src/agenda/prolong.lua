-- Prolongs the leases that a holder has; never shortens one. ARGV: …, holder, how long (microseconds), ids.

local holder, till = ARGV[2], ends(ARGV[3])
for place = 4, #ARGV do
  local id = ARGV[place]
  local lease = lease_on(id)
  if lease and lease.holder == holder then
    hold(id, holder, math.max(till, lease.till), lease.changed)
  end
end
return redis.status_reply('OK')
