-- Takes entries whose rows are gone out of their orders; a row that is there again by now keeps its entry.
--
-- KEYS: the keys of the rows, then the orders, all in the slot of the tenant. ARGV: the entries of the rows, in their order.

for place, member in ipairs(ARGV) do
  if redis.call('EXISTS', KEYS[place]) == 0 then
    for order = #ARGV + 1, #KEYS do
      redis.call('ZREM', KEYS[order], member)
    end
  end
end
