-- Looks at notes of what is over: deletes the rows that are, with all that leads to them, and the notes.
--
-- KEYS: the order of notes, and all that the notes name, all in the slot of the tenant. ARGV: the time in microseconds, or "" for
-- the server's; then for each note: the note, its row (as its place in KEYS), how many entries there are, and for each the
-- command that removes it, its key (as its place in KEYS) and its member.
-- Answers how many notes were done. One that another replica did meanwhile is not among them.

local NOTES = KEYS[1]

local done = 0

while at <= #ARGV do
  local note, row, count = operand(), key(), tonumber(operand())
  local is_ours = (struct.unpack('>I8', note, 1)) <= now and redis.call('ZREM', NOTES, note) == 1
  local is_gone = is_ours and is_over(row)
  if is_ours then done = done + 1 end
  if is_gone then redis.call('DEL', row) end
  for _ = 1, count do
    local command, order, member = operand(), key(), operand()
    if is_gone then redis.call(command, order, member) end
  end
end
return done
