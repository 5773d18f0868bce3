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
-- Its header says when it is over: Redis keeps it a while longer.
local purge = redis.call('GETRANGE', ROW, 8, 15)
if #purge < 8 or (struct.unpack('>I8', purge, 1)) <= now then return 0 end
hold(id, holder, till, UNCHANGED)
return 1
