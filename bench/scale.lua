-- For wrk. REQUESTS is a file: in each line a method, a path, headers ("Name: value", separated by |) and a body, separated
-- by tabs. The requests are sent in turn. At the end it prints a line that a script can read, as wrk.lua does.

local requests, next_request = {}, 0

function init()
   for line in io.lines(os.getenv("REQUESTS")) do
      local method, path, fields, body = line:match("^(.-)\t(.-)\t(.-)\t(.*)$")
      local headers = { Host = wrk.headers["Host"] }
      for name, value in fields:gmatch("([^|:]+): ([^|]*)") do headers[name] = value end
      requests[#requests + 1] = wrk.format(method, path, headers, body ~= "" and body or nil)
   end
end

function request()
   next_request = next_request % #requests + 1
   return requests[next_request]
end

function done(summary, latency)
   local errors = summary.errors
   local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
   local rate = summary.requests / summary.duration * 1e6
   print(("RESULT %.1f %.3f %.3f %d"):format(rate, latency:percentile(50) / 1000, latency:percentile(99) / 1000, failed))
end
