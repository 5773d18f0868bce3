-- Prolongs the leases that a holder has; never shortens one. ARGV: …, holder, how long (microseconds), ids.
-- Answers on which of them he has one.

local holder, till, kept = ARGV[2], ends(ARGV[3]), {}
for place = 4, #ARGV do
  local id = ARGV[place]
  local lease = lease_on(id)
  if lease and lease.holder == holder then
    hold(id, holder, math.max(till, lease.till), lease.changed)
    kept[#kept + 1] = id
  end
end
return kept
