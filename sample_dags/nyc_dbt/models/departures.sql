-- One row for each flight of all days that are loaded, with the weather at its hour.
select
    f.on_date, f.carrier, f.origin, f.dest, f.hour,
    f.dep_time is null as cancelled,
    f.dep_delay, f.arr_delay,
    w.precip > 0 as wet,
    w.visib as visibility
from {{ source('loaded', 'flights') }} f
-- Joined on the UTC hour: the local one repeats when daylight saving ends.
left join {{ source('loaded', 'weather') }} w
    on w.on_date = f.on_date and w.origin = f.origin and w.time_hour = f.time_hour
