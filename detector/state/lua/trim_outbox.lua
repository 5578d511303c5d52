-- Drops the entries below a sequence number.
-- KEYS: meta, outbox. ARGV: epoch, sequence number of the first entry to keep.
local meta, outbox, epoch, upto = KEYS[1], KEYS[2], ARGV[1], tonumber(ARGV[2])

if redis.call('HGET', meta, 'epoch') ~= epoch then
  return 'fenced'
end

local first = tonumber(redis.call('HGET', meta, 'outbox_first')) or 0
local surplus = math.min(upto - first, redis.call('LLEN', outbox))
if surplus <= 0 then
  return 'already_applied'
end
-- First the command that frees memory: Redis asks only a script's first change whether memory is full.
redis.call('LTRIM', outbox, surplus, -1)
redis.call('HINCRBY', meta, 'outbox_first', surplus)
return 'applied'
