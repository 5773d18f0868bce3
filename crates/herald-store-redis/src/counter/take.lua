-- Takes one of each of several quotas, or none of any, by the generic cell rate algorithm; counts as `Quota` of `herald-core`.
--
-- KEYS: the counters, all in the slot of the tenant; each has the time at which its quota is whole again (microseconds). ARGV: the
-- time in microseconds, or "" for the server's; then for each counter how long it takes until one is there again, and until
-- all of the quota is (microseconds).
-- Answers for each whether there was one left, how many are, when all of the quota is there again, and when there is one again.

-- For how long Redis keeps a counter that is whole again: its clock may be set back.
local SLACK_MS = 60000

local function left(burst, interval, used)
  return math.max(math.floor((burst - used) / interval), 0)
end

local quotas, are_all_allowed = {}, true
for place, name in ipairs(KEYS) do
  local interval, burst = tonumber(ARGV[place * 2]), tonumber(ARGV[place * 2 + 1])
  local stood = tonumber(redis.call('GET', name)) or now
  -- No more than all of it can be taken: what is given back later was counted before the clock was set back.
  local before = math.min(math.max(stood, now), now + burst)
  local after = before + interval
  local is_allowed = after - now <= burst
  are_all_allowed = are_all_allowed and is_allowed
  quotas[place] = {
    interval = interval,
    burst = burst,
    stood = stood,
    before = before,
    after = after,
    is_allowed = is_allowed,
  }
end

local answers = {}
for place, name in ipairs(KEYS) do
  local quota = quotas[place]
  local stands = are_all_allowed and quota.after or quota.before
  if are_all_allowed or quota.before < quota.stood then
    local life = math.ceil((stands - now) / 1000) + SLACK_MS
    redis.call('SET', name, number(stands), 'PX', number(life))
  end
  local retry = quota.is_allowed and 0 or quota.after - now - quota.burst
  answers[place] = {
    quota.is_allowed and 1 or 0,
    left(quota.burst, quota.interval, stands - now),
    stands - now,
    retry,
  }
end
return answers
