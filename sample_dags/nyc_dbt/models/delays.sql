-- Sums by day, carrier, airport and hour, from which the dashboard is made.
select
    on_date, carrier, origin, hour,
    count(*) as flights,
    count(*) filter (cancelled) as cancelled,
    count(dep_delay) as departed,
    coalesce(sum(dep_delay), 0) as dep_delay_sum,
    count(*) filter (dep_delay >= 15) as dep_late,
    count(arr_delay) as arrived,
    coalesce(sum(arr_delay), 0) as arr_delay_sum,
    count(*) filter (arr_delay >= 15) as arr_late,
    count(dep_delay) filter (wet) as wet_departed,
    coalesce(sum(dep_delay) filter (wet), 0) as wet_dep_delay_sum
from {{ ref('departures') }}
group by all
