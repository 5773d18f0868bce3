-- Takes out rows that are over. KEYS: …, the rows. ARGV: …, their ids. A row that is there again by now stays.

for place = 4, #KEYS do
  if is_over(KEYS[place]) then
    local id = ARGV[place - 2]
    redis.call('ZREM', DUES, id)
    redis.call('ZREM', WAKES, id)
    redis.call('HDEL', LEASES, id)
  end
end
return redis.status_reply('OK')
