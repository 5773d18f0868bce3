-- What every script of an agenda begins with.
--
-- KEYS: the agenda's dues, wakes and leases, all in the slot of the tenant. ARGV: the time in microseconds, or "" for the
-- server's; then what the script itself says.
--
-- A lease is its end (microseconds, 8 bytes, big-endian), its format (1 byte), whether the row has changed since it was taken
-- (1 byte), and the holder. One that is over is worth nothing, to nobody; one of another format is somebody else's until it is:
-- the end keeps its place in all of them.

local DUES, WAKES, LEASES = KEYS[1], KEYS[2], KEYS[3]
-- Microseconds beyond this are not told from their neighbours.
local FOR_EVER = 9007199254740991
local FORMAT = '\1'
local UNCHANGED = '\0'

-- When a lease ends that begins now.
local function ends(lease)
  return math.min(now + tonumber(lease), FOR_EVER)
end

-- The lease that somebody has on a row.
local function lease_on(id)
  local lease = redis.call('HGET', LEASES, id)
  local till = lease and (struct.unpack('>I8', lease, 1))
  if not lease or till <= now then return nil end
  if string.sub(lease, 9, 9) ~= FORMAT then return { till = till } end
  return { till = till, changed = string.sub(lease, 10, 10), holder = string.sub(lease, 11) }
end

local function due(id)
  return tonumber(redis.call('ZSCORE', DUES, id))
end

local function hold(id, holder, till, changed)
  redis.call('HSET', LEASES, id, struct.pack('>I8', till) .. FORMAT .. changed .. holder)
  local at = due(id)
  if at then
    redis.call('ZADD', WAKES, number(math.max(at, till)), id)
  else
    redis.call('ZREM', WAKES, id)
  end
end

