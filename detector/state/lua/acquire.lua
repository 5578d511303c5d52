-- Takes over a partition.
-- KEYS: meta. ARGV: nonce, partition count, fingerprint of the secret that keys are named with ('' without one).
-- Replies {partition count, fingerprint} as stored, having changed nothing, if either is another; else
-- {count, fingerprint, epoch, meta}.
local meta, nonce, partitions, fingerprint = KEYS[1], ARGV[1], ARGV[2], ARGV[3]

local stored = redis.call('HGET', meta, 'partitions')
local named = redis.call('HGET', meta, 'key_names') or ''
if stored and (stored ~= partitions or named ~= fingerprint) then
  return {stored, named}
end

-- The counter tells owners apart; the nonce does so too after Redis went back in time.
local epoch = redis.call('HINCRBY', meta, 'counter', 1) .. '-' .. nonce
redis.call('HSET', meta, 'epoch', epoch, 'partitions', partitions, 'key_names', fingerprint)
return {partitions, fingerprint, epoch, redis.call('HGETALL', meta)}
