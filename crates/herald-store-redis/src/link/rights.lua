-- Tries every command that the store calls and says which of them its user may not call, or not with its keys or its channel.
--
-- KEYS: a key that nothing is under, in the slot of the server. ARGV: the channel of changes; a message that tells nothing.
-- Answers the names of the commands. What is written is gone when this ends; should it not be, Redis drops it in a minute.

local name, channel, message = KEYS[1], ARGV[1], ARGV[2]
local refused = {}

-- Rights are looked at before everything else: that the key has another type, or that there is no memory left, is no refusal.
local function is_allowed(...)
  local answer = redis.pcall(...)
  local text = type(answer) == 'table' and answer.err or ''
  if not (string.find(text, 'NOPERM', 1, true) or string.find(text, 'The user executing the script', 1, true)) then
    return true
  end
  refused[#refused + 1] = (...)
  return false
end

is_allowed('PUBLISH', channel, message)
is_allowed('TIME')
is_allowed('PERSIST', name)
if is_allowed('SET', name, '', 'PX', '60000') then
  for _, words in ipairs({
    { 'GET', name },
    { 'MGET', name },
    { 'GETRANGE', name, '0', '0' },
    { 'EXISTS', name },
    { 'PTTL', name },
    { 'PEXPIRE', name, '60000' },
    { 'HGET', name, 'a' },
    { 'HGETALL', name },
    { 'HLEN', name },
    { 'HSET', name, 'a', 'b' },
    { 'HDEL', name, 'a' },
    { 'SADD', name, 'a' },
    { 'SMEMBERS', name },
    { 'ZADD', name, '0', 'a' },
    { 'ZREM', name, 'a' },
    { 'ZRANGE', name, '0', '0' },
    { 'ZCARD', name },
    { 'ZSCORE', name, 'a' },
    { 'DEL', name },
  }) do
    is_allowed(unpack(words))
  end
end
return refused
