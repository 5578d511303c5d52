-- Stores the start offsets of topics that have none.
-- KEYS: meta. ARGV: epoch, then field and offset of each topic.
local meta, epoch = KEYS[1], ARGV[1]

if redis.call('HGET', meta, 'epoch') ~= epoch then
  return 'fenced'
end

local missing = {}
for i = 2, #ARGV, 2 do
  local stored = redis.call('HGET', meta, ARGV[i])
  if not stored then
    missing[#missing + 1] = i
  elseif stored ~= ARGV[i + 1] then
    return 'mismatch'
  end
end

for _, i in ipairs(missing) do
  redis.call('HSET', meta, ARGV[i], ARGV[i + 1])
end
return #missing > 0 and 'applied' or 'already_applied'
