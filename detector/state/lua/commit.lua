-- Applies one partition's share of a round as a whole, or not at all.
-- KEYS: meta, outbox, then the key of each write.
-- ARGV: msgpack of {epoch, {{field, expected, new}, ...}, {{size, replace, keep_ms, exact}, ...}, {size, ...},
-- {{field, value}, ...}}: offsets, writes, outbox, and what was seen of re-keyed records;
-- then the bytes of the writes and of the outbox's new entries, end to end (cmsgpack knows no binary).
-- Replies {outcome, sequence number after the outbox's last entry, stored offsets}.
local meta, outbox = KEYS[1], KEYS[2]
local epoch, advance, writes, entries, seen = unpack(cmsgpack.unpack(ARGV[1]))
local bytes, taken = ARGV[2], 0

local function take(size)
  taken = taken + size
  return string.sub(bytes, taken - size + 1, taken)
end

local function answer(outcome, stored)
  local first = tonumber(redis.call('HGET', meta, 'outbox_first')) or 0
  return {outcome, first + redis.call('LLEN', outbox), stored or {}}
end

local owner = redis.call('HGET', meta, 'epoch')
if owner ~= epoch then
  -- Who takes over counts on: an owner that is missing or was before the caller says that Redis went back.
  local later = owner and tonumber(string.match(owner, '^%d+')) >= tonumber(string.match(epoch, '^%d+'))
  return answer(later and 'fenced' or 'mismatch')
end

-- Offsets are compared as the strings they are: a Lua number is exact up to 2^53 only.
local stored, expected, done = {}, true, true
for i, step in ipairs(advance) do
  stored[i] = redis.call('HGET', meta, step[1])
  expected = expected and stored[i] == step[2]
  done = done and stored[i] == step[3]
end
if not expected then
  return done and answer('already_applied') or answer('mismatch', stored)
end

for i, write in ipairs(writes) do
  local key, data, replace, keep_ms, exact = KEYS[i + 2], take(write[1]), write[2], write[3], write[4]
  if exact and not replace then
    -- Redis gives a value that is appended to twice the memory, for more to come; one that is set, none.
    data, replace = (redis.call('GET', key) or '') .. data, true
  end
  if replace then
    redis.call('SET', key, data, 'PX', keep_ms)
  else
    redis.call('APPEND', key, data)
    redis.call('PEXPIRE', key, keep_ms)
  end
end
for _, size in ipairs(entries) do
  redis.call('RPUSH', outbox, take(size))
end
for _, field in ipairs(seen) do
  redis.call('HSET', meta, field[1], field[2])
end
-- Last: should Redis stop halfway, the events are read again and recognised by their ids.
for _, step in ipairs(advance) do
  redis.call('HSET', meta, step[1], step[3])
end
return answer('applied')
