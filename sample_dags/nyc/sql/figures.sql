-- The totals that the dashboard shows, over all days built so far; the file is put in place by rename.
COPY (
    SELECT
        CASE grouping(on_date, carrier, origin, hour)
            WHEN 7 THEN 'day' WHEN 11 THEN 'carrier' WHEN 13 THEN 'origin' WHEN 14 THEN 'hour'
            WHEN 9 THEN 'carrier_origin' WHEN 12 THEN 'origin_hour' ELSE 'all'
        END AS slice,
        on_date::VARCHAR AS day, carrier, origin, hour,
        (SELECT min(name) FROM airlines WHERE airlines.carrier = delays.carrier) AS carrier_name,
        sum(flights)::INTEGER AS flights,
        sum(cancelled)::INTEGER AS cancelled,
        sum(departed)::INTEGER AS departed,
        sum(dep_delay_sum)::INTEGER AS dep_delay_sum,
        sum(dep_late)::INTEGER AS dep_late,
        sum(arrived)::INTEGER AS arrived,
        sum(arr_delay_sum)::INTEGER AS arr_delay_sum,
        sum(arr_late)::INTEGER AS arr_late,
        sum(wet_departed)::INTEGER AS wet_departed,
        sum(wet_dep_delay_sum)::INTEGER AS wet_dep_delay_sum
    FROM delays
    GROUP BY GROUPING SETS (
        (), (on_date), (carrier), (origin), (hour), (carrier, origin), (origin, hour)
    )
    ORDER BY slice, day, carrier, origin, hour
) TO '{{ places.figures }}' (FORMAT json, ARRAY true);
