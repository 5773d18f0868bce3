-- Takes names out of those of the tenants. KEYS: the set of names. ARGV: which.
--
-- By what the user of the store may do anyway, which `SREM` is not.

local forgotten = {}
for _, name in ipairs(ARGV) do
  forgotten[name] = true
end
local names = redis.call('SMEMBERS', KEYS[1])
redis.call('DEL', KEYS[1])
for _, name in ipairs(names) do
  if not forgotten[name] then redis.call('SADD', KEYS[1], name) end
end
