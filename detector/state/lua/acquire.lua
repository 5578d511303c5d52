-- Takes over a partition.
-- KEYS: meta. ARGV: nonce, partition count.
-- Replies {stored partition count}, having changed nothing, if that is another; else {count, epoch, meta}.
local meta, nonce, partitions = KEYS[1], ARGV[1], ARGV[2]

local stored = redis.call('HGET', meta, 'partitions')
if stored and stored ~= partitions then
  return {stored}
end

-- The counter tells owners apart; the nonce does so too after Redis went back in time.
local epoch = redis.call('HINCRBY', meta, 'counter', 1) .. '-' .. nonce
redis.call('HSET', meta, 'epoch', epoch, 'partitions', partitions)
return {partitions, epoch, redis.call('HGETALL', meta)}
