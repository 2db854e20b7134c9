local known, offset, count, longer = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
if redis.call('PTTL', hash) < 0 then
  redis.call('PEXPIRE', hash, longer)
end
local events = redis.call('HGET', hash, 'events')
-- Redis has come back with older data: what is published from now on must not have the offsets of what is lost.
if known == epoch and tonumber(offset) > tonumber(events) then
  epoch, events = ARGV[1], '0'
  redis.call('DEL', stream)
  redis.call('HSET', hash, 'epoch', epoch, 'events', events)
end
local from = '-'
if known == epoch then
  from = string.format('%.0f', offset + 1) .. '-0'
end
local kept = redis.call('XREVRANGE', stream, '+', from, 'COUNT', count)
return { epoch, events, now, kept }
