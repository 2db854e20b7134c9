local packet, count, age, longer, command, channel = ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7]
local offset = string.format('%.0f', redis.call('HINCRBY', hash, 'events', 1))
redis.call('XADD', stream, 'MAXLEN', count, offset .. '-0', 't', now, 'p', packet)
redis.call('PEXPIRE', stream, age)
redis.call('PEXPIRE', hash, longer)
redis.call(command, channel, '\1sockeye-at/1 ' .. epoch .. ' ' .. offset .. '\n' .. packet)
return 0
