-- Takes one row, due or not, or prolongs its holder's lease. KEYS: …, the row. ARGV: …, holder, how long (microseconds), id.
-- Answers whether he has it.

local ROW = KEYS[4]
local holder, till, id = ARGV[2], ends(ARGV[3]), ARGV[4]
local lease = lease_on(id)
if lease then
  if lease.holder ~= holder then return 0 end
  hold(id, holder, till, lease.changed)
  return 1
end
if is_over(ROW) then return 0 end
hold(id, holder, till, UNCHANGED)
return 1
