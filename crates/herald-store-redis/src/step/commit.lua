-- One conditional write of one tenant, all of it or nothing: first every check, then every change.
--
-- KEYS: the keys, all in the slot of the tenant. ARGV: the time in microseconds, or "" for the server's; the channel of changes;
-- then instructions, each its name and its operands, keys by their place in KEYS.
-- Answers {0} when everything is written, else {number of the instruction that refused, the value that it met, or nothing}.
--
-- Values begin with a header: version and time of purging (microseconds), each 8 bytes, big-endian. What is over by its header is
-- absent, though Redis keeps it for a while.

local FOR_EVER = 9007199254740991
local SLACK_MS = 3600000

local count = 0
-- After the time and the channel.
at = 3

local function purge_at(value)
  return (struct.unpack('>I8', value, 9))
end

local function live(value)
  return value and purge_at(value) > now and value
end

-- For how long Redis keeps what is over then; in milliseconds.
local function life(purge)
  return math.max(math.ceil((purge - now) / 1000), 0) + SLACK_MS
end

local function keep(name, purge)
  if purge >= FOR_EVER then
    redis.call('PERSIST', name)
  elseif redis.call('PTTL', name) < life(purge) then
    redis.call('PEXPIRE', name, number(life(purge)))
  end
end

-- Each gives the value in the way if it refuses, and nothing if it agrees.
local checks = {
  -- Nothing is there.
  absent = function()
    return live(redis.call('GET', key()))
  end,
  -- It is there, at this version.
  version = function()
    local name, wanted = key(), tonumber(operand())
    local value = live(redis.call('GET', name))
    if value and (struct.unpack('>I8', value, 1)) == wanted then return nil end
    return value or ''
  end,
  -- Nothing is there, or it has these bytes at this place (from 0).
  same = function()
    local name, place, bytes = key(), tonumber(operand()), operand()
    local value = live(redis.call('GET', name))
    if not value or string.sub(value, place + 1, place + #bytes) == bytes then return nil end
    return value
  end,
  -- The hash has fewer fields than this.
  fewer = function()
    local name, most = key(), tonumber(operand())
    if redis.call('HLEN', name) < most then return nil end
    return ''
  end,
  -- The field of the hash is at this version; 0 for none.
  field = function()
    local name, field, wanted = key(), operand(), tonumber(operand())
    local value = redis.call('HGET', name, field)
    local version = value and (struct.unpack('>I8', value, 1)) or 0
    if version == wanted then return nil end
    return value or ''
  end,
}

local changes = {
  -- A value with a header, for as long as that says.
  set = function()
    local name, value = key(), operand()
    local purge = purge_at(value)
    if purge >= FOR_EVER then
      redis.call('SET', name, value)
    else
      redis.call('SET', name, value, 'PX', number(life(purge)))
    end
  end,
  -- An entry of an order, which is kept as long as the entry that lasts longest.
  enter = function()
    local name, member, purge = key(), operand(), tonumber(operand())
    redis.call('ZADD', name, 0, member)
    keep(name, purge)
  end,
  leave = function()
    redis.call('ZREM', key(), operand())
  end,
  hset = function()
    redis.call('HSET', key(), operand(), operand())
  end,
  hdel = function()
    redis.call('HDEL', key(), operand())
  end,
  -- When a row is due ("" for never): its agenda is three keys, all due rows by time, those that can be taken by when they can be,
  -- and the leases. A change ends a row's rest, and is noted at its lease: the holder may not have seen it.
  due = function()
    local dues, wakes, leases = key(), key(), key()
    local member, due = operand(), tonumber(operand())
    local lease = redis.call('HGET', leases, member)
    local till = lease and (struct.unpack('>I8', lease, 1))
    if lease and till > now then
      -- One of another format has no such note that is known here.
      if string.sub(lease, 9, 9) == '\1' then
        redis.call('HSET', leases, member, string.sub(lease, 1, 9) .. '\1' .. string.sub(lease, 11))
      end
    else
      if lease then redis.call('HDEL', leases, member) end
      till = 0
    end
    if due then
      redis.call('ZADD', dues, number(due), member)
      redis.call('ZADD', wakes, number(math.max(due, till)), member)
    else
      redis.call('ZREM', dues, member)
      redis.call('ZREM', wakes, member)
    end
  end,
  -- A refusal is no reason to stop halfway: whoever does not hear it looks again by himself.
  publish = function()
    redis.pcall('PUBLISH', ARGV[2], operand())
  end,
}

while at <= #ARGV do
  count = count + 1
  local name = operand()
  if checks[name] then
    local refused = checks[name]()
    if refused then return { count, refused } end
  else
    changes[name]()
  end
end
return { 0 }
