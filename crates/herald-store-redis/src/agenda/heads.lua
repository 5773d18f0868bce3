-- The rows that can be taken now, the earliest first, each with the time since when. ARGV: …, how many at most.

return redis.call('ZRANGE', WAKES, '-inf', number(now), 'BYSCORE', 'LIMIT', '0', ARGV[2], 'WITHSCORES')
