-- How many rows are due, now or later; when the earliest of them is; when there is one to take. Nothing when none is.

local oldest = redis.call('ZRANGE', DUES, 0, 0, 'WITHSCORES')[2]
local next = redis.call('ZRANGE', WAKES, 0, 0, 'WITHSCORES')[2]
if not oldest or not next then return false end
return { number(redis.call('ZCARD', DUES)), oldest, next }
