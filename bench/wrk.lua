-- For wrk. FORM is a form to post. TOKENS is a file of tokens, one in a line: the requests carry them in turn. At the end
-- it prints a line that a script can read.

local form, file = os.getenv("FORM"), os.getenv("TOKENS")
local requests, next_request = {}, 0

function init()
   if form then
      wrk.method = "POST"
      wrk.body = form
      wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
   end
   if file then
      for token in io.lines(file) do
         requests[#requests + 1] = wrk.format(nil, nil, { Host = wrk.headers["Host"], Authorization = "Bearer " .. token })
      end
   else
      requests[1] = wrk.format()
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
   local p50, p99 = latency:percentile(50) / 1000, latency:percentile(99) / 1000
   print(("RESULT %.1f %.3f %.3f %d"):format(rate, p50, p99, failed))
end
