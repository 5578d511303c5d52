-- Deletes a list.
-- KEYS: registry, members. ARGV: name, expected version.
-- Replies 'applied'; 'changed', having changed nothing, where the list has another version.
local stored = redis.call('HGET', KEYS[1], ARGV[1])
if stored and stored ~= ARGV[2] then
  return 'changed'
end
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('UNLINK', KEYS[2])
return 'applied'
