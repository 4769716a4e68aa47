-- The functions of the factory script KISweep, written from their descriptions in the reference manual.
local function prepare(smu, func)
  smu.nvbuffer1.clear()
  smu.nvbuffer2.clear()
  smu.nvbuffer1.collectsourcevalues = 1
  smu.nvbuffer1.collecttimestamps = 1
  smu.nvbuffer1.appendmode = 1
  smu.nvbuffer2.appendmode = 1
  smu.source.func = func
end

local function valid(smu, points)
  if type(smu) ~= 'table' or type(points) ~= 'number' or points < 1 then error('invalid parameters', 3) end
end

local function sweep(smu, func, what, settle, levels, n)
  prepare(smu, func)
  local name = func == smu.OUTPUT_DCVOLTS and 'levelv' or 'leveli'
  smu.source[name] = levels(0)
  smu.source.output = smu.OUTPUT_ON
  for k = 0, n - 1 do
    smu.source[name] = levels(k)
    if settle > 0 then delay(settle) end
    smu.measure[what](smu.nvbuffer1)
  end
  smu.source.output = smu.OUTPUT_OFF
  smu.nvbuffer1.appendmode = 0
  smu.nvbuffer2.appendmode = 0
end

local function linear(start, stop, n)
  return function(k) return n > 1 and start + (stop - start) * k / (n - 1) or start end
end

local function logarithmic(start, stop, n)
  if not (start * stop > 0) then error('start and stop of a logarithmic sweep need the same sign', 3) end
  local ratio = n > 1 and math.exp(math.log(stop / start) / (n - 1)) or 1
  return function(k) return start * ratio ^ k end
end

function SweepVLinMeasureI(smu, start, stop, settle, points)
  valid(smu, points)
  sweep(smu, 1, 'i', settle, linear(start, stop, points), points)
end

function SweepILinMeasureV(smu, start, stop, settle, points)
  valid(smu, points)
  sweep(smu, 0, 'v', settle, linear(start, stop, points), points)
end

function SweepVLogMeasureI(smu, start, stop, settle, points)
  valid(smu, points)
  sweep(smu, 1, 'i', settle, logarithmic(start, stop, points), points)
end

function SweepILogMeasureV(smu, start, stop, settle, points)
  valid(smu, points)
  sweep(smu, 0, 'v', settle, logarithmic(start, stop, points), points)
end

function SweepVListMeasureI(smu, list, settle, points)
  valid(smu, points)
  sweep(smu, 1, 'i', settle, function(k) return list[k + 1] end, points)
end

function SweepIListMeasureV(smu, list, settle, points)
  valid(smu, points)
  sweep(smu, 0, 'v', settle, function(k) return list[k + 1] end, points)
end
