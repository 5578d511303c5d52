-- Puts members that were written aside in the place of a list.
-- KEYS: registry, members written aside, and those of the list where there is one.
-- ARGV: name, expected version ('' where there is no such list), new version, number of members.
-- Replies 'applied'; having changed nothing, 'changed' where the list has another version, 'incomplete' where
-- not all of the members are there.
local registry, aside, former = KEYS[1], KEYS[2], KEYS[3]
local name, expected, version, number = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])

if (redis.call('HGET', registry, name) or '') ~= expected then
  return 'changed'
elseif redis.call('HLEN', aside) ~= number then
  return 'incomplete'
end

redis.call('PERSIST', aside)
redis.call('HSET', registry, name, version)
if former then
  redis.call('UNLINK', former)
end
return 'applied'
