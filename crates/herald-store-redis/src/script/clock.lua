-- What scripts begin with that go by the time. ARGV[1] is the time in microseconds, or "" for the server's.

local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end

local function number(value)
  return string.format('%d', value)
end

-- Is a row over, or not there at all? Its header says so: Redis keeps it a while longer.
local function is_over(row)
  local purge = redis.call('GETRANGE', row, 8, 15)
  return #purge < 8 or (struct.unpack('>I8', purge, 1)) <= now
end

