local known, offset, count, longer = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
if redis.call('PTTL', hash) < 0 then
  redis.call('PEXPIRE', hash, longer)
end
local from = '-'
if known == epoch then
  from = string.format('%.0f', offset + 1) .. '-0'
end
local events = redis.call('XREVRANGE', stream, '+', from, 'COUNT', count)
return { epoch, redis.call('HGET', hash, 'events'), now, events }
