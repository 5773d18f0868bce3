-- How scripts read ARGV whose arguments are instructions; keys are given by their place in KEYS.

local at = 2

local function operand()
  at = at + 1
  return ARGV[at - 1]
end

local function key()
  return KEYS[tonumber(operand())]
end

