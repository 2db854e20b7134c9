-- The epoch of the topic. One that Redis does not know, or no longer knows, begins.
local hash, stream = KEYS[1], KEYS[2]
local epoch = redis.call('HGET', hash, 'epoch')
if not epoch then
  epoch = ARGV[1]
  redis.call('DEL', stream)
  redis.call('HSET', hash, 'epoch', epoch, 'events', 0)
end
local clock = redis.call('TIME')
local now = string.format('%.0f', clock[1] * 1000 + math.floor(clock[2] / 1000))
