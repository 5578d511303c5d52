-- Sets and removes members of a list.
-- KEYS: registry, members. ARGV: name, expected version ('' where there is no such list), new version,
-- how many members are set, then each of them with its value, then those that are removed.
-- Replies the number of members; -1, having changed nothing, where the list has another version.
local registry, members = KEYS[1], KEYS[2]
local name, expected, version, set = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])

if (redis.call('HGET', registry, name) or '') ~= expected then
  return -1
end

for i = 5, 3 + 2 * set, 2 do
  redis.call('HSET', members, ARGV[i], ARGV[i + 1])
end
for i = 5 + 2 * set, #ARGV do
  redis.call('HDEL', members, ARGV[i])
end
redis.call('HSET', registry, name, version)
return redis.call('HLEN', members)
