-- Reads an outbox at one moment.
-- KEYS: meta, outbox.
-- Replies {sequence number of the first entry, entries}.
local first = tonumber(redis.call('HGET', KEYS[1], 'outbox_first')) or 0
return {first, redis.call('LRANGE', KEYS[2], 0, -1)}
